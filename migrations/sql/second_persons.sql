-- Refunds that wait for a second person, and who of the staff sees whose pages. docs/decisions/0076

ALTER TABLE invoice_refund_request DROP CONSTRAINT invoice_refund_request_state,
    ADD CONSTRAINT invoice_refund_request_state CHECK (state IN
        ('WAITING', 'APPROVED', 'SETTLED', 'REJECTED', 'EXPIRED', 'FAILED'));
CREATE INDEX invoice_refund_request_asked ON invoice_refund_request
    (requested_by, account, created_at) WHERE origin = 'STAFF';
CREATE INDEX invoice_refund_request_overdue ON invoice_refund_request (created_at)
    WHERE state = 'WAITING';

ALTER TABLE purchase_refund_request
    ADD CONSTRAINT purchase_refund_request_state
        CHECK (state IN ('WAITING', 'APPROVED', 'REJECTED', 'EXPIRED')),
    ADD CONSTRAINT purchase_refund_request_amount CHECK (amount > 0),
    ADD CONSTRAINT purchase_refund_request_persons
        CHECK (decided_by IS NULL OR decided_by <> requested_by),
    ADD CONSTRAINT purchase_refund_request_done CHECK ((state = 'APPROVED') = (refund IS NOT NULL)
        AND (state <> 'APPROVED' OR decided_by IS NOT NULL));
CREATE INDEX purchase_refund_request_waiting ON purchase_refund_request (id)
    WHERE state = 'WAITING';
CREATE INDEX purchase_refund_request_overdue ON purchase_refund_request (created_at)
    WHERE state = 'WAITING';
CREATE INDEX purchase_refund_request_asked ON purchase_refund_request
    (requested_by, account, created_at);
CREATE INDEX purchase_refund_asked ON purchase_refund (requested_by, account, created_at)
    WHERE origin = 'STAFF';
REVOKE DELETE ON purchase_refund_request FROM chenu_app;

ALTER TABLE impersonation
    ADD CONSTRAINT impersonation_role CHECK (staff_role IN ('SUPPORT', 'ADMIN')),
    ADD CONSTRAINT impersonation_others CHECK (staff <> customer),
    ADD CONSTRAINT impersonation_bounded
        CHECK (expires_at <= started_at + interval '30 minutes');
CREATE INDEX impersonation_ended ON impersonation (expires_at);
CREATE UNIQUE INDEX impersonation_one ON impersonation (session) WHERE ended_at IS NULL;
