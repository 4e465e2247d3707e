-- People, accounts, sessions.

CREATE UNIQUE INDEX membership_once ON membership (account, member);
CREATE UNIQUE INDEX account_personal ON account (owner) WHERE kind = 'PERSONAL';
CREATE UNIQUE INDEX staff_role_once ON staff_role (member, role);
CREATE UNIQUE INDEX idempotency_record_once ON idempotency_record (account, key);
ALTER TABLE app_user ADD CONSTRAINT app_user_email CHECK (email = lower(email)),
    ADD CONSTRAINT app_user_locale CHECK (locale IN ('fr', 'en'));
ALTER TABLE account ADD CONSTRAINT account_tier
    CHECK (tier IN ('FREE', 'STARTER', 'PRO', 'BUSINESS', 'ENTERPRISE'));
CREATE INDEX user_session_ended ON user_session
    (least(expires_at, coalesce(revoked_at, expires_at)));
CREATE INDEX attempt_window_old ON attempt_window (started_at);
CREATE INDEX mail_token_expired ON mail_token (expires_at);
CREATE INDEX idempotency_record_old ON idempotency_record (created_at);
