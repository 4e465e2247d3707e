-- Coupons, their redemptions, and the discount of a subscription. docs/decisions/0026

ALTER TABLE coupon ADD CONSTRAINT coupon_duration
    CHECK (duration IN ('ONCE', 'REPEATING', 'FOREVER')),
    ADD CONSTRAINT coupon_amount CHECK (num_nonnulls(percent_off, amount_off) = 1
        AND percent_off BETWEEN 1 AND 99 AND amount_off > 0),
    ADD CONSTRAINT coupon_months CHECK ((duration = 'REPEATING') = (duration_in_months IS NOT NULL)),
    ADD CONSTRAINT coupon_code CHECK (code = upper(code)),
    ADD CONSTRAINT coupon_uses CHECK (uses >= 0
        AND (max_redemptions IS NULL OR uses <= max_redemptions)),
    ADD CONSTRAINT coupon_scope CHECK (cardinality(intervals) > 0
        AND (tiers IS NULL OR cardinality(tiers) > 0));

ALTER TABLE coupon_redemption ADD CONSTRAINT coupon_redemption_status
    CHECK (status IN ('RESERVED', 'REDEEMED', 'RELEASED')),
    ADD CONSTRAINT coupon_redemption_subscription
        CHECK ((status = 'REDEEMED') = (stripe_subscription_id IS NOT NULL));
CREATE INDEX coupon_redemption_of_customer ON coupon_redemption (coupon, account)
    WHERE status <> 'RELEASED';
CREATE INDEX coupon_redemption_redeemed ON coupon_redemption (coupon)
    WHERE status = 'REDEEMED';
CREATE INDEX coupon_redemption_purge ON coupon_redemption (updated_at)
    WHERE status = 'RELEASED';

ALTER TABLE subscription ADD CONSTRAINT subscription_discount
    CHECK ((discount_code IS NULL) = (discount_duration IS NULL)
        AND discount_duration IN ('ONCE', 'REPEATING', 'FOREVER'));

REVOKE DELETE ON coupon FROM chenu_app;
