-- Times are Unix nanoseconds, 0 for none. Every table but leases belongs to a tenant and goes with it.
-- Documents ("doc") are JSON; what a query looks at stands in columns of its own, which win over the document.

CREATE TABLE tenants (
  id    TEXT PRIMARY KEY,
  epoch INTEGER NOT NULL,
  doc   BLOB NOT NULL
) STRICT;

-- Counters that only grow, by tenant and kind: revocations, policies.
CREATE TABLE epochs (
  tenant TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  kind   TEXT NOT NULL,
  value  INTEGER NOT NULL,
  PRIMARY KEY (tenant, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE vault_keys (
  tenant  TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  id      INTEGER NOT NULL,
  master  TEXT NOT NULL,
  wrapped BLOB NOT NULL,
  created INTEGER NOT NULL,
  PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
  tenant      TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  id          TEXT NOT NULL,
  user        TEXT NOT NULL,
  created     INTEGER NOT NULL,
  last_seen   INTEGER NOT NULL,
  expires     INTEGER NOT NULL,
  idle        INTEGER NOT NULL,
  revoked     INTEGER NOT NULL,
  reason      TEXT NOT NULL,
  secret_hash TEXT NOT NULL,
  doc         BLOB NOT NULL,
  PRIMARY KEY (tenant, id)
) STRICT;
CREATE INDEX sessions_user ON sessions (tenant, user, created);
CREATE INDEX sessions_end ON sessions (expires);

CREATE TABLE revocations (
  tenant  TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  epoch   INTEGER NOT NULL,
  session TEXT NOT NULL,
  user    TEXT NOT NULL,
  at      INTEGER NOT NULL,
  reason  TEXT NOT NULL,
  PRIMARY KEY (tenant, epoch)
) STRICT, WITHOUT ROWID;

CREATE TABLE app_sessions (
  tenant      TEXT NOT NULL,
  id          TEXT NOT NULL,
  session     TEXT NOT NULL,
  lookup      TEXT,
  label       TEXT,
  created     INTEGER NOT NULL,
  revoked     INTEGER NOT NULL,
  jar_version INTEGER NOT NULL DEFAULT 0,
  broker_key  BLOB,
  lookup_key  BLOB,
  label_key   BLOB,
  doc         BLOB NOT NULL,
  PRIMARY KEY (tenant, id),
  UNIQUE (tenant, lookup),
  UNIQUE (tenant, label),
  FOREIGN KEY (tenant, session) REFERENCES sessions (tenant, id) ON DELETE CASCADE
) STRICT;
CREATE INDEX app_sessions_session ON app_sessions (tenant, session, created);

CREATE TABLE host_cookies (
  tenant      TEXT NOT NULL,
  hash        TEXT NOT NULL,
  host        TEXT NOT NULL,
  app_session TEXT NOT NULL,
  wrapped     BLOB NOT NULL,
  created     INTEGER NOT NULL,
  PRIMARY KEY (tenant, hash),
  FOREIGN KEY (tenant, app_session) REFERENCES app_sessions (tenant, id) ON DELETE CASCADE
) STRICT;
CREATE INDEX host_cookies_app ON host_cookies (tenant, app_session);

CREATE TABLE codes (
  tenant      TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  hash        TEXT NOT NULL,
  host        TEXT NOT NULL,
  nonce_hash  TEXT NOT NULL,
  app_session TEXT NOT NULL,
  wrapped     BLOB NOT NULL,
  expires     INTEGER NOT NULL,
  PRIMARY KEY (tenant, hash)
) STRICT;
CREATE INDEX codes_end ON codes (expires);

CREATE TABLE jar_rows (
  tenant      TEXT NOT NULL,
  app_session TEXT NOT NULL,
  domain      TEXT NOT NULL,
  host_only   INTEGER NOT NULL,
  path        TEXT NOT NULL,
  name        TEXT NOT NULL,
  sealed      BLOB NOT NULL,
  expires     INTEGER NOT NULL,
  created     INTEGER NOT NULL,
  version     INTEGER NOT NULL,
  PRIMARY KEY (tenant, app_session, domain, host_only, path, name),
  FOREIGN KEY (tenant, app_session) REFERENCES app_sessions (tenant, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX jar_rows_end ON jar_rows (expires) WHERE expires > 0;

CREATE TABLE stashes (
  tenant  TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  id      TEXT NOT NULL,
  host    TEXT NOT NULL,
  sealed  BLOB NOT NULL,
  expires INTEGER NOT NULL,
  PRIMARY KEY (tenant, id)
) STRICT;
CREATE INDEX stashes_end ON stashes (expires);

CREATE TABLE blocked (
  tenant    TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  reference TEXT NOT NULL,
  expires   INTEGER NOT NULL,
  doc       BLOB NOT NULL,
  PRIMARY KEY (tenant, reference)
) STRICT;
CREATE INDEX blocked_end ON blocked (expires);

CREATE TABLE grants (
  tenant  TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  session TEXT NOT NULL,
  expires INTEGER NOT NULL,
  doc     BLOB NOT NULL
) STRICT;
CREATE INDEX grants_session ON grants (tenant, session);
CREATE INDEX grants_end ON grants (expires);

CREATE TABLE flows (
  tenant  TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  kind    TEXT NOT NULL,
  id      TEXT NOT NULL,
  sealed  BLOB NOT NULL,
  expires INTEGER NOT NULL, -- 0: kept
  PRIMARY KEY (tenant, kind, id)
) STRICT;
CREATE INDEX flows_end ON flows (expires);

CREATE TABLE instances (
  tenant TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  id     TEXT NOT NULL,
  doc    BLOB NOT NULL,
  PRIMARY KEY (tenant, id)
) STRICT;

-- What instances claim, so that two of a tenant can't have the same.
CREATE TABLE instance_hosts (
  tenant   TEXT NOT NULL,
  kind     TEXT NOT NULL, -- host, or label
  name     TEXT NOT NULL,
  instance TEXT NOT NULL,
  PRIMARY KEY (tenant, kind, name),
  FOREIGN KEY (tenant, instance) REFERENCES instances (tenant, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX instance_hosts_instance ON instance_hosts (tenant, instance);

-- tenant is "" for work that is no tenant's, so leases reference none.
CREATE TABLE leases (
  tenant  TEXT NOT NULL,
  name    TEXT NOT NULL,
  holder  TEXT NOT NULL,
  token   INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  PRIMARY KEY (tenant, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE documents (
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

CREATE TABLE exceptions (
  tenant    TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  id        TEXT NOT NULL,
  state     TEXT NOT NULL,
  requested INTEGER NOT NULL,
  version   INTEGER NOT NULL,
  doc       BLOB NOT NULL,
  PRIMARY KEY (tenant, id)
) STRICT;

CREATE TABLE rollouts (
  tenant  TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  policy  TEXT NOT NULL,
  phase   TEXT NOT NULL,
  version INTEGER NOT NULL,
  doc     BLOB NOT NULL,
  PRIMARY KEY (tenant, policy)
) STRICT;

CREATE TABLE report_reads (
  tenant  TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  policy  TEXT NOT NULL,
  reader  TEXT NOT NULL,
  at      INTEGER NOT NULL,
  through INTEGER NOT NULL
) STRICT;
CREATE INDEX report_reads_policy ON report_reads (tenant, policy, at);
