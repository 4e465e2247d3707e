-- Calls of the API: one row for each day of an account. `served` may be below zero where more was
-- given back on a day than was served on it.

CREATE UNIQUE INDEX api_usage_key ON api_usage (account, day);
CREATE INDEX api_usage_age ON api_usage (created_at);
ALTER TABLE api_usage ADD CONSTRAINT api_usage_refused CHECK (refused >= 0);
