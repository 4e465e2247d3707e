-- Contracts for ENTERPRISE, and those who asked for one. docs/money.md

ALTER TABLE enterprise_contract ADD CONSTRAINT enterprise_contract_status
    CHECK (status IN ('PLANNED', 'RUNNING', 'ENDED') AND (status = 'ENDED') = (due_at IS NULL)),
    ADD CONSTRAINT enterprise_contract_interval CHECK (billing_interval IN ('MONTH', 'YEAR')),
    ADD CONSTRAINT enterprise_contract_numbers
    CHECK (amount > 0 AND seats >= 1 AND api_calls >= 0 AND api_rate >= 1 AND starts_at < ends_at);
CREATE UNIQUE INDEX enterprise_contract_running ON enterprise_contract (account)
    WHERE status = 'RUNNING';
CREATE INDEX enterprise_contract_due ON enterprise_contract (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX enterprise_inquiry_open ON enterprise_inquiry (id) WHERE closed_at IS NULL;
CREATE INDEX enterprise_inquiry_closed ON enterprise_inquiry (closed_at)
    WHERE closed_at IS NOT NULL;
REVOKE DELETE ON enterprise_contract FROM chenu_app;
