-- Activities on their way to their month's file of the activity log, and how far each partition of the bus has got.
-- A tenant that is gone may still have some: no reference to tenants.
CREATE TABLE intake_rows (
  id     INTEGER PRIMARY KEY,
  tenant TEXT NOT NULL,
  month  TEXT NOT NULL,
  record BLOB NOT NULL
) STRICT;
CREATE INDEX intake_rows_month ON intake_rows (tenant, month, id);

CREATE TABLE intake_positions (
  tenant    TEXT    NOT NULL,
  month     TEXT    NOT NULL,
  partition INTEGER NOT NULL,
  last      INTEGER NOT NULL, -- the 64 bits of an unsigned number
  PRIMARY KEY (tenant, month, partition)
) STRICT, WITHOUT ROWID;
