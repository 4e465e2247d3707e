-- Entitlements: what staff changed of them, what is in use, and the reports of use.

CREATE UNIQUE INDEX entitlement_override_once ON entitlement_override (account, feature);
CREATE UNIQUE INDEX entitlement_gauge_once ON entitlement_gauge (account, feature);
CREATE INDEX entitlement_use_old ON entitlement_use (created_at);
ALTER TABLE entitlement_override ADD CONSTRAINT entitlement_override_feature
    CHECK (feature IN ('SPHERES', 'THREADS', 'AGENTS', 'STORAGE_BYTES', 'TOKENS', 'MOBILE_PWA',
        'QUICK_CAPTURE', 'API_ACCESS', 'MARKETPLACE', 'CUSTOM_AGENTS', 'SSO', 'WHITE_LABEL', 'SLA')),
    ADD CONSTRAINT entitlement_override_maximum
    CHECK (maximum IS NULL OR (enabled AND maximum BETWEEN 0 AND 9007199254740991));
ALTER TABLE entitlement_gauge ADD CONSTRAINT entitlement_gauge_feature
    CHECK (feature IN ('THREADS', 'STORAGE_BYTES')),
    ADD CONSTRAINT entitlement_gauge_used CHECK (used BETWEEN 0 AND 9007199254740991);
ALTER TABLE entitlement_use ADD CONSTRAINT entitlement_use_within
    CHECK (quantity < 0 OR granted_limit IS NULL OR used_after <= granted_limit);
