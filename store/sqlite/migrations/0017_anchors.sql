-- Users by what their account in Entra is anchored by.
CREATE INDEX directory_users_anchor ON directory_users (tenant, json_extract(CAST(doc AS TEXT), '$.immutableId')) WHERE json_extract(CAST(doc AS TEXT), '$.immutableId') IS NOT NULL;
