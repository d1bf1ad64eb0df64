-- What management systems pushed of devices; source is the token that did.
CREATE TABLE devices (
  tenant  TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  device  TEXT NOT NULL,
  source  TEXT NOT NULL,
  expires INTEGER NOT NULL,
  doc     BLOB NOT NULL,
  PRIMARY KEY (tenant, device, source)
) STRICT;
CREATE INDEX devices_expires ON devices (expires);
