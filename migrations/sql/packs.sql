-- Token packs: orders, and what refunds took back of them. docs/money.md

ALTER TABLE pack_order ADD CONSTRAINT pack_order_status
    CHECK (status IN ('PENDING', 'PAID', 'CANCELED', 'FAILED')),
    ADD CONSTRAINT pack_order_amounts
        CHECK (price > 0 AND base_tokens > 0 AND bonus_tokens >= 0),
    ADD CONSTRAINT pack_order_paid CHECK ((status = 'PAID') = (payment IS NOT NULL)
        AND (status = 'PAID') = (paid_at IS NOT NULL));
CREATE UNIQUE INDEX pack_order_pending ON pack_order (account) WHERE status = 'PENDING';
CREATE INDEX pack_order_unpaid ON pack_order (updated_at) WHERE status IN ('CANCELED', 'FAILED');

ALTER TABLE pack_refund ADD CONSTRAINT pack_refund_amounts
    CHECK (amount > 0 AND base_tokens >= 0 AND bonus_tokens >= 0 AND debt_tokens >= 0
        AND debt_tokens <= base_tokens + bonus_tokens),
    ADD CONSTRAINT pack_refund_source
        CHECK (refund_request IS NOT NULL OR stripe_refund_id IS NOT NULL);

ALTER TABLE invoice_refund_request DROP CONSTRAINT invoice_refund_request_origin,
    ADD CONSTRAINT invoice_refund_request_origin
        CHECK (origin IN ('STAFF', 'WITHDRAWAL', 'BUYER'));

REVOKE DELETE ON pack_refund FROM chenu_app;
