-- Tenants' own information types, every version; old ones lose their text.
CREATE TABLE info_types (
  tenant  TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  id      TEXT NOT NULL,
  number  INTEGER NOT NULL,
  kind    TEXT NOT NULL,
  name    TEXT NOT NULL,
  text    BLOB NOT NULL,
  deleted INTEGER NOT NULL,
  author  TEXT NOT NULL,
  time    INTEGER NOT NULL,
  comment TEXT NOT NULL,
  PRIMARY KEY (tenant, id, number)
) STRICT;
