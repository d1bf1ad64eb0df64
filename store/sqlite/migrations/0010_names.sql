-- What a provider calls a session and its person, by which it says later that the session is over; and what an app was told.
ALTER TABLE sessions ADD COLUMN subject TEXT GENERATED ALWAYS AS (CAST(doc AS TEXT) ->> '$.auth.subject') VIRTUAL;
ALTER TABLE sessions ADD COLUMN named TEXT GENERATED ALWAYS AS (CAST(doc AS TEXT) ->> '$.auth.session') VIRTUAL;
ALTER TABLE sessions ADD COLUMN email TEXT GENERATED ALWAYS AS (lower(CAST(doc AS TEXT) ->> '$.user.email')) VIRTUAL;
ALTER TABLE sessions ADD COLUMN username TEXT GENERATED ALWAYS AS (lower(CAST(doc AS TEXT) ->> '$.user.username')) VIRTUAL;
CREATE INDEX sessions_subject ON sessions (tenant, subject);
CREATE INDEX sessions_named ON sessions (tenant, named);
CREATE INDEX sessions_email ON sessions (tenant, email);
CREATE INDEX sessions_username ON sessions (tenant, username);

ALTER TABLE app_signins ADD COLUMN subject TEXT GENERATED ALWAYS AS (CAST(doc AS TEXT) ->> '$.subject') VIRTUAL;
CREATE INDEX app_signins_subject ON app_signins (tenant, instance, subject);
