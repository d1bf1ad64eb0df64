-- Tenants' sensitivity labels, every version.
CREATE TABLE label_sets (
  tenant  TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  number  INTEGER NOT NULL,
  doc     BLOB NOT NULL,
  author  TEXT NOT NULL,
  time    INTEGER NOT NULL,
  comment TEXT NOT NULL,
  PRIMARY KEY (tenant, number)
) STRICT;
