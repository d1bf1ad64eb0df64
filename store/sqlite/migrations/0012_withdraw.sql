-- A signing key with which the older ones are withdrawn.
ALTER TABLE signing_keys ADD COLUMN alone INTEGER NOT NULL DEFAULT 0;
