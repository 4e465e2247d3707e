-- Refusals of credits are decisions about the same figures, and are checked as credits are.
ALTER TABLE contract_credit_refusal ADD CONSTRAINT contract_credit_refusal_days
    CHECK (first_day <= last_day AND month = date_trunc('month', first_day)::date
        AND month = date_trunc('month', last_day)::date),
    ADD CONSTRAINT contract_credit_refusal_figure CHECK (0 <= available AND available < counted
        AND excluded >= 0 AND counted + excluded <= 86400 * (last_day - first_day + 1)),
    ADD CONSTRAINT contract_credit_refusal_percent
    CHECK (percent = CASE WHEN available::bigint * 100 < counted::bigint * 95 THEN 50
        WHEN available::bigint * 100 < counted::bigint * 99 THEN 25
        WHEN available::bigint * 1000 < counted::bigint * 999 THEN 10 ELSE 0 END AND percent > 0),
    ADD CONSTRAINT contract_credit_refusal_amount
    CHECK (fee >= 0 AND amount = (fee * percent + 50) / 100);
CREATE INDEX contract_credit_refusal_newest
    ON contract_credit_refusal (contract, month DESC, id DESC);
CREATE TRIGGER contract_credit_refusal_append_only
    BEFORE UPDATE OR DELETE ON contract_credit_refusal
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON contract_credit_refusal FROM chenu_app;
