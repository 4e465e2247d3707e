-- Refunds of payments for agents, and what of the creator's share comes back. docs/money.md

UPDATE purchase_payment SET transferred = creator_share WHERE stripe_transfer_id IS NOT NULL;

ALTER TABLE purchase_payment ADD CONSTRAINT purchase_payment_shares
    CHECK (least(transferred, share_due) >= 0);

ALTER TABLE purchase_refund ADD CONSTRAINT purchase_refund_state
    CHECK (state IN ('REQUESTED', 'SETTLED', 'FAILED')),
    ADD CONSTRAINT purchase_refund_origin
        CHECK (origin IN ('BUYER', 'CREATOR', 'STAFF', 'WITHDRAWAL', 'STRIPE')),
    ADD CONSTRAINT purchase_refund_amount CHECK (amount > 0),
    ADD CONSTRAINT purchase_refund_made
        CHECK (state <> 'SETTLED' OR stripe_refund_id IS NOT NULL);

CREATE INDEX payment_with_claims ON purchase_payment (creator) WHERE share_claimed > 0;

REVOKE DELETE ON purchase_refund FROM chenu_app;
