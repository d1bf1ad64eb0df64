-- app_signins.next is 0 while the session lives, so that a look for apps to be told costs what there is to tell.
DROP INDEX app_signins_next;
UPDATE app_signins SET next = 1 WHERE next = 0 AND EXISTS
  (SELECT 1 FROM sessions s WHERE s.tenant = app_signins.tenant AND s.id = app_signins.session AND s.revoked > 0);
CREATE INDEX app_signins_due ON app_signins (next) WHERE next > 0;
CREATE INDEX app_signins_end ON app_signins (expires);
CREATE TRIGGER sessions_ended AFTER UPDATE OF revoked ON sessions WHEN NEW.revoked > 0 AND OLD.revoked = 0 BEGIN
  UPDATE app_signins SET next = 1 WHERE tenant = NEW.tenant AND session = NEW.id AND next = 0;
END;
