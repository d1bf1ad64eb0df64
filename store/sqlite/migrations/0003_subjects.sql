-- Ids of people carry their provider now. Tenants from before keep the ids that their policies, exceptions,
-- activities and apps know: only their first provider was ever asked.
UPDATE tenants SET doc = CAST(json_set(CAST(doc AS TEXT), '$.providers[0].subjects', 'plain') AS BLOB)
  WHERE json_array_length(CAST(doc AS TEXT), '$.providers') > 0;
