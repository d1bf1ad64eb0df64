-- Times without session control, past ones too.
CREATE TABLE bypasses (
  tenant   TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  id       TEXT NOT NULL,
  instance TEXT NOT NULL, -- '' for all the tenant's apps
  begun    INTEGER NOT NULL,
  ends     INTEGER NOT NULL,
  ended    INTEGER NOT NULL, -- 0 unless somebody ended it before its time
  noted    INTEGER NOT NULL,
  doc      BLOB NOT NULL,
  PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX bypasses_open ON bypasses (ends) WHERE noted = 0;

-- Administrators' tokens that were made on the host. They outlive tenants.
CREATE TABLE recoveries (
  id    TEXT PRIMARY KEY,
  at    INTEGER NOT NULL,
  noted INTEGER NOT NULL,
  doc   BLOB NOT NULL
) STRICT, WITHOUT ROWID;
