-- What is returned of plans' charges, and statements of withdrawal. docs/money.md

ALTER TABLE invoice_refund_request ADD CONSTRAINT invoice_refund_request_state
    CHECK (state IN ('WAITING', 'APPROVED', 'SETTLED', 'REJECTED', 'FAILED')),
    ADD CONSTRAINT invoice_refund_request_origin CHECK (origin IN ('STAFF', 'WITHDRAWAL')),
    ADD CONSTRAINT invoice_refund_request_amount CHECK (amount > 0),
    ADD CONSTRAINT invoice_refund_request_persons
        CHECK (decided_by IS NULL OR decided_by <> requested_by);
CREATE INDEX invoice_refund_request_waiting ON invoice_refund_request (id)
    WHERE state = 'WAITING';

ALTER TABLE invoice_refund ADD CONSTRAINT invoice_refund_signs
    CHECK (amount > 0 AND tax >= 0 AND tax <= amount);
ALTER TABLE credit_note ADD CONSTRAINT credit_note_total CHECK (total >= 0);

ALTER TABLE withdrawal_statement ADD CONSTRAINT withdrawal_statement_state
    CHECK (state IN ('WAITING', 'EXECUTED', 'REFUSED')),
    ADD CONSTRAINT withdrawal_statement_found
        CHECK (state <> 'EXECUTED' OR (account IS NOT NULL AND contract_id IS NOT NULL));
CREATE INDEX withdrawal_statement_waiting ON withdrawal_statement (id) WHERE state = 'WAITING';
CREATE UNIQUE INDEX withdrawal_statement_contract ON withdrawal_statement (contract_id)
    WHERE state = 'EXECUTED';

CREATE INDEX withdrawal_statement_email ON withdrawal_statement (email, declared_at);
CREATE INDEX invoice_number ON invoice (number);

REVOKE DELETE ON invoice_refund_request, invoice_refund, credit_note FROM chenu_app;
