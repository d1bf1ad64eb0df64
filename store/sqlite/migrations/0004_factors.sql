-- People's own second factors, and the agreements they accepted.
CREATE TABLE factors (
  tenant   TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  provider TEXT NOT NULL,
  user     TEXT NOT NULL,
  id       TEXT NOT NULL,
  kind     TEXT NOT NULL,
  revision INTEGER NOT NULL,
  sealed   BLOB NOT NULL,
  doc      BLOB NOT NULL,
  PRIMARY KEY (tenant, provider, user, id)
) STRICT;
CREATE UNIQUE INDEX factors_single ON factors (tenant, provider, user, kind) WHERE kind <> 'passkey';

CREATE TABLE acceptances (
  tenant   TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  provider TEXT NOT NULL,
  user     TEXT NOT NULL,
  terms    TEXT NOT NULL,
  version  TEXT NOT NULL,
  at       INTEGER NOT NULL,
  PRIMARY KEY (tenant, provider, user, terms, version)
) STRICT, WITHOUT ROWID;
