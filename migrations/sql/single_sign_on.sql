-- A name once in an account for each use, and proved by one account for it. That no other account
-- proves it for another use is held by a lock on the name: chenu/domains/proving.py.
CREATE UNIQUE INDEX domain_name_once ON domain_name (account, kind, name);
CREATE UNIQUE INDEX domain_name_proved ON domain_name (name, kind) WHERE proved_at IS NOT NULL;
CREATE INDEX domain_name_by_name ON domain_name (name);
ALTER TABLE domain_name
    ADD CONSTRAINT domain_name_kind CHECK (kind IN ('MAIL', 'HOST')),
    ADD CONSTRAINT domain_name_source
        CHECK (source IN ('', 'DNS', 'STAFF') AND (source <> '') = (proved_at IS NOT NULL)),
    ADD CONSTRAINT domain_name_staff
        CHECK ((source = 'STAFF') = (confirmed_by IS NOT NULL));

-- One connection of an account is ON, and only one that is may be required.
CREATE UNIQUE INDEX sso_connection_on ON sso_connection (account) WHERE state = 'ON';
ALTER TABLE sso_connection
    ADD CONSTRAINT sso_connection_kind CHECK (kind IN ('OIDC', 'SAML')),
    ADD CONSTRAINT sso_connection_state CHECK (state IN ('DRAFT', 'TRIED', 'ON')),
    ADD CONSTRAINT sso_connection_required
        CHECK (NOT is_required OR state = 'ON'),
    ADD CONSTRAINT sso_connection_role CHECK (default_role IN ('BILLING', 'MEMBER'));

-- Somebody is known by one subject of a connection, and nobody else by it.
CREATE UNIQUE INDEX sso_identity_known ON sso_identity (connection, subject);
CREATE UNIQUE INDEX sso_identity_person ON sso_identity (connection, member);

CREATE INDEX sso_attempt_age ON sso_attempt (expires_at);
CREATE INDEX sso_join_age ON sso_join (expires_at);
ALTER TABLE sso_attempt
    ADD CONSTRAINT sso_attempt_purpose CHECK (purpose IN ('SIGN_IN', 'TRIAL'));
ALTER TABLE sso_join ADD CONSTRAINT sso_join_role CHECK (role IN ('BILLING', 'MEMBER'));
