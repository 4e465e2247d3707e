-- Members of accounts, invitations, and the support desk.

CREATE UNIQUE INDEX membership_owner ON membership (account) WHERE role = 'OWNER';
ALTER TABLE membership ADD CONSTRAINT membership_role
    CHECK (role IN ('OWNER', 'BILLING', 'MEMBER'));
ALTER TABLE account ADD CONSTRAINT account_seats CHECK (seats >= 1);
ALTER TABLE invitation ADD CONSTRAINT invitation_role CHECK (role IN ('BILLING', 'MEMBER'));
CREATE UNIQUE INDEX invitation_open ON invitation (account, email)
    WHERE accepted_at IS NULL AND revoked_at IS NULL;
CREATE INDEX invitation_expired ON invitation (expires_at);
ALTER TABLE support_request ADD CONSTRAINT support_request_level
    CHECK (level IN ('EMAIL', 'PRIORITY', 'DEDICATED', 'PHONE_SLA'));
CREATE INDEX support_request_due ON support_request (due_at, id) WHERE closed_at IS NULL;
CREATE INDEX support_request_closed ON support_request (closed_at) WHERE closed_at IS NOT NULL;
