-- Purchases, payments, access grants. docs/money.md

ALTER TABLE purchase_payment ADD CONSTRAINT purchase_payment_adds_up
    CHECK (gross = discount + tax + creator_share + platform_share),
    ADD CONSTRAINT purchase_payment_signs
    CHECK (least(gross, discount, tax, creator_share, platform_share, fee, refunded) >= 0
        AND discount + tax <= gross AND refunded <= gross - discount);
ALTER TABLE purchase ADD CONSTRAINT purchase_status CHECK (status IN ('PENDING', 'PAID', 'ACTIVE',
    'PAST_DUE', 'ENDED', 'REFUNDED', 'PARTIALLY_REFUNDED', 'DISPUTED', 'CANCELED', 'FAILED')),
    ADD CONSTRAINT purchase_price CHECK (price >= 0);
CREATE UNIQUE INDEX purchase_live_once ON purchase (account, agent)
    WHERE status IN ('PENDING', 'PAID', 'ACTIVE', 'PAST_DUE', 'PARTIALLY_REFUNDED', 'DISPUTED');
CREATE INDEX purchase_of_account ON purchase (account, id DESC);
CREATE INDEX purchase_of_creator ON purchase (creator, id DESC) WHERE paid_at IS NOT NULL;
CREATE INDEX purchase_pending ON purchase (agent) WHERE status = 'PENDING';
CREATE INDEX payment_of_creator ON purchase_payment (creator, paid_at);
CREATE INDEX access_grant_of_account ON access_grant (account, id DESC);
CREATE INDEX access_grant_usable ON access_grant (account, agent) WHERE revoked_at IS NULL;
