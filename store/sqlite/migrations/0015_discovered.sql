-- Hosts that browsers asked in sessions of an instance, past the gateway.
CREATE TABLE discovered_hosts (
  tenant   TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  instance TEXT NOT NULL,
  host     TEXT NOT NULL,
  doc      BLOB NOT NULL,
  PRIMARY KEY (tenant, instance, host)
) STRICT;
