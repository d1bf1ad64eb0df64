-- tenant is "*" for tokens of the whole installation, so tokens reference none; DeleteTenant removes a tenant's.
CREATE TABLE tokens (
  id        TEXT PRIMARY KEY,
  tenant    TEXT NOT NULL,
  name      TEXT NOT NULL,
  hash      TEXT NOT NULL UNIQUE,
  last_used INTEGER NOT NULL,
  doc       BLOB NOT NULL,
  UNIQUE (tenant, name)
) STRICT;
