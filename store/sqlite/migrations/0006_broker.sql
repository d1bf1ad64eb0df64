-- Sign-ins of sessions at apps: whom to tell when the session ends.
CREATE TABLE app_signins (
  tenant   TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  session  TEXT NOT NULL,
  instance TEXT NOT NULL,
  next     INTEGER NOT NULL, -- when the app is told, once the session has ended
  attempts INTEGER NOT NULL,
  expires  INTEGER NOT NULL,
  doc      BLOB NOT NULL,
  PRIMARY KEY (tenant, session, instance)
) STRICT;
CREATE INDEX app_signins_next ON app_signins (next);

-- Keys that Referee signs with towards apps, sealed.
CREATE TABLE signing_keys (
  tenant  TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  use     TEXT NOT NULL,
  id      TEXT NOT NULL,
  created INTEGER NOT NULL,
  active  INTEGER NOT NULL, -- in use from here until the next one's
  ends    INTEGER NOT NULL, -- planned end
  sealed  BLOB NOT NULL,
  PRIMARY KEY (tenant, use, id)
) STRICT, WITHOUT ROWID;

-- Which key an app was last given or last fetched.
CREATE TABLE key_seen (
  tenant   TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  use      TEXT NOT NULL,
  instance TEXT NOT NULL,
  key      TEXT NOT NULL,
  how      TEXT NOT NULL,
  at       INTEGER NOT NULL,
  PRIMARY KEY (tenant, use, instance)
) STRICT, WITHOUT ROWID;
