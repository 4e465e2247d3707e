-- One row for each day of an affiliate, and one payout for each month.
CREATE UNIQUE INDEX affiliate_day_once ON affiliate_day (affiliate, day);
CREATE UNIQUE INDEX affiliate_payout_once ON affiliate_payout (affiliate, month);

-- Clicks: the newest of an affiliate, those of one visitor, and the purge.
CREATE INDEX affiliate_click_of_affiliate ON affiliate_click (affiliate, clicked_at);
CREATE INDEX affiliate_click_age ON affiliate_click (clicked_at);

CREATE INDEX referral_of_affiliate ON referral (affiliate, id);

-- One commission for each invoice; clawbacks and reinstatements beside it, each of one cause.
CREATE UNIQUE INDEX commission_of_invoice ON commission (invoice) WHERE kind = 'COMMISSION';
CREATE INDEX commission_invoice ON commission (invoice);
CREATE INDEX commission_of_affiliate ON commission (affiliate, id);
CREATE INDEX commission_of_referral ON commission (referral);
CREATE INDEX commission_pending ON commission (due_at) WHERE status = 'PENDING';
CREATE INDEX commission_unpaid ON commission (affiliate) WHERE status = 'DUE' AND payout IS NULL;

ALTER TABLE affiliate
    ADD CONSTRAINT affiliate_code CHECK (code ~ '^CHENU[0-9A-F]{8}$'),
    ADD CONSTRAINT affiliate_status CHECK (status IN ('ACTIVE', 'SUSPENDED'));
ALTER TABLE referral
    ADD CONSTRAINT referral_state CHECK (state IN ('BOUND', 'HELD', 'REFUSED')),
    ADD CONSTRAINT referral_origin CHECK (origin IN ('LINK', 'CODE', 'MANUAL'));
ALTER TABLE commission
    ADD CONSTRAINT commission_kind CHECK (kind IN ('COMMISSION', 'CLAWBACK', 'REINSTATEMENT')),
    ADD CONSTRAINT commission_status
        CHECK (status IN ('PENDING', 'DUE', 'PAID', 'REVERSED', 'HELD')),
    ADD CONSTRAINT commission_sign CHECK ((kind = 'CLAWBACK') = (amount < 0)),
    ADD CONSTRAINT commission_paid CHECK (status <> 'PAID' OR payout IS NOT NULL);
ALTER TABLE affiliate_payout
    ADD CONSTRAINT affiliate_payout_status CHECK (status IN ('PENDING', 'PAID', 'FAILED')),
    -- A threshold compared in euros, or a sum multiplied by a hundred, ends here.
    ADD CONSTRAINT affiliate_payout_minimum CHECK (amount >= 5000);
