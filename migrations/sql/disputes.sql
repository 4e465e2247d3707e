-- Disputes of payments, and early fraud warnings. docs/money.md

ALTER TABLE purchase_payment ADD CONSTRAINT purchase_payment_disputed CHECK (disputed >= 0);

ALTER TABLE dispute ADD CONSTRAINT dispute_subject CHECK (subject IN ('AGENT', 'PACK', 'PLAN')),
    ADD CONSTRAINT dispute_purchase CHECK ((subject = 'AGENT') = (purchase IS NOT NULL)),
    ADD CONSTRAINT dispute_amounts CHECK (amount > 0 AND taken BETWEEN 0 AND amount),
    ADD CONSTRAINT dispute_status CHECK (status IN (
        'NEEDS_RESPONSE', 'UNDER_REVIEW', 'APPEAL_NEEDS_RESPONSE', 'APPEAL_UNDER_REVIEW', 'WON',
        'LOST', 'WARNING_NEEDS_RESPONSE', 'WARNING_UNDER_REVIEW', 'WARNING_CLOSED', 'PREVENTED')),
    ADD CONSTRAINT dispute_evidence
        CHECK ((evidence IS NULL) = (evidence_at IS NULL));

ALTER TABLE fraud_warning
    ADD CONSTRAINT fraud_warning_state CHECK (state IN ('OPEN', 'DONE')),
    ADD CONSTRAINT fraud_warning_decided CHECK ((state = 'DONE') = (decided_at IS NOT NULL));

ALTER TABLE pack_refund DROP CONSTRAINT pack_refund_source,
    ADD CONSTRAINT pack_refund_source CHECK (num_nonnulls(refund_request, stripe_refund_id, dispute) > 0);

CREATE INDEX dispute_waiting ON dispute (due_by) WHERE closed_at IS NULL;
CREATE INDEX fraud_warning_open ON fraud_warning (id) WHERE state = 'OPEN';

REVOKE DELETE ON dispute, fraud_warning FROM chenu_app;
