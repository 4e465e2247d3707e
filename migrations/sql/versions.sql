-- Whoever has an agent stays on the version that was on sale when this was installed.

UPDATE access_grant g SET version = a.current_version FROM agent a
WHERE a.id = g.agent AND a.kind = 'MARKETPLACE';

-- Those who are told of a version, in pages by key; and news that are due.
CREATE INDEX access_grant_of_agent ON access_grant (agent, id);
CREATE INDEX version_news_due ON version_news (next_attempt_at);
-- A draft's versions are deleted only where nothing names them, which is looked up.
CREATE INDEX access_grant_version ON access_grant (version);
CREATE INDEX version_acceptance_version ON version_acceptance (version);
CREATE INDEX version_acceptance_replaced ON version_acceptance (replaced);
ALTER TABLE version_acceptance ADD CONSTRAINT version_acceptance_newer CHECK (version <> replaced);
