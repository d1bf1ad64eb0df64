-- Uploaded tables of exact data matches, and what was found in content. Keys and findings are sealed.
CREATE TABLE info_tables (
  tenant  TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  id      TEXT NOT NULL,
  version INTEGER NOT NULL,
  digest  TEXT NOT NULL,
  rows    INTEGER NOT NULL,
  bytes   INTEGER NOT NULL,
  sha256  TEXT NOT NULL,
  key     BLOB NOT NULL,
  author  TEXT NOT NULL,
  time    INTEGER NOT NULL,
  PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE evidence (
  tenant   TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  activity TEXT NOT NULL,
  time     INTEGER NOT NULL,
  expires  INTEGER NOT NULL,
  sealed   BLOB NOT NULL,
  PRIMARY KEY (tenant, activity)
) STRICT;
CREATE INDEX evidence_expiry ON evidence (expires);
