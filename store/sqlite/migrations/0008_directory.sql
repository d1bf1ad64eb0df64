-- What other systems say of people: sources, the tokens of those that push, users, groups, memberships.
CREATE TABLE directory_sources (
  tenant   TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  id       TEXT NOT NULL,
  revision INTEGER NOT NULL,
  doc      BLOB NOT NULL,
  PRIMARY KEY (tenant, id)
) STRICT;

CREATE TABLE directory_tokens (
  tenant    TEXT NOT NULL,
  source    TEXT NOT NULL,
  id        TEXT NOT NULL,
  hash      TEXT NOT NULL,
  last_used INTEGER NOT NULL,
  doc       BLOB NOT NULL,
  PRIMARY KEY (tenant, source, id),
  FOREIGN KEY (tenant, source) REFERENCES directory_sources (tenant, id) ON DELETE CASCADE
) STRICT;

-- username is folded; external_id and username are '' where the source gives none.
CREATE TABLE directory_users (
  tenant      TEXT NOT NULL,
  source      TEXT NOT NULL,
  id          TEXT NOT NULL,
  external_id TEXT NOT NULL,
  username    TEXT NOT NULL,
  search      TEXT NOT NULL,
  deleted     INTEGER NOT NULL,
  generation  INTEGER NOT NULL,
  version     INTEGER NOT NULL,
  doc         BLOB NOT NULL,
  PRIMARY KEY (tenant, source, id),
  FOREIGN KEY (tenant, source) REFERENCES directory_sources (tenant, id) ON DELETE CASCADE
) STRICT;
CREATE INDEX directory_users_external ON directory_users (tenant, external_id) WHERE external_id <> '';
CREATE INDEX directory_users_username ON directory_users (tenant, username) WHERE username <> '';

CREATE TABLE directory_groups (
  tenant      TEXT NOT NULL,
  source      TEXT NOT NULL,
  id          TEXT NOT NULL,
  external_id TEXT NOT NULL,
  name        TEXT NOT NULL,
  search      TEXT NOT NULL,
  role        INTEGER NOT NULL,
  generation  INTEGER NOT NULL,
  version     INTEGER NOT NULL,
  doc         BLOB NOT NULL,
  PRIMARY KEY (tenant, source, id),
  FOREIGN KEY (tenant, source) REFERENCES directory_sources (tenant, id) ON DELETE CASCADE
) STRICT;
CREATE INDEX directory_groups_name ON directory_groups (tenant, source, name);
CREATE INDEX directory_groups_external ON directory_groups (tenant, source, external_id) WHERE external_id <> '';

-- A member may be told of before it is itself.
CREATE TABLE directory_members (
  tenant     TEXT NOT NULL,
  source     TEXT NOT NULL,
  grp        TEXT NOT NULL,
  member     TEXT NOT NULL,
  nests      INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  PRIMARY KEY (tenant, source, grp, member),
  FOREIGN KEY (tenant, source) REFERENCES directory_sources (tenant, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX directory_members_of ON directory_members (tenant, source, member);
