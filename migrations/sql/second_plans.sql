ALTER TABLE invoice_refund_request DROP CONSTRAINT invoice_refund_request_origin,
    ADD CONSTRAINT invoice_refund_request_origin
        CHECK (origin IN ('STAFF', 'WITHDRAWAL', 'BUYER', 'SECOND_PLAN'));
