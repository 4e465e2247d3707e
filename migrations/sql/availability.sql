-- Samples, their sums by day, maintenance, and credits of contracts. docs/decisions/0086 and 0087

ALTER TABLE availability_sample ADD CONSTRAINT availability_sample_slot
    CHECK (seconds BETWEEN 1 AND 60 AND 60 % seconds = 0
        AND extract(epoch FROM at) % seconds = 0),
    ADD CONSTRAINT availability_sample_web CHECK (web_ready BETWEEN 0 AND web_known);
ALTER TABLE availability_day ADD CONSTRAINT availability_day_sums
    CHECK (available >= 0 AND unavailable >= 0 AND first_at < last_until);
ALTER TABLE maintenance ADD CONSTRAINT maintenance_announced
    CHECK (announced_at <= starts_at AND starts_at < ends_at),
    ADD CONSTRAINT maintenance_minutes
    CHECK (date_trunc('minute', starts_at) = starts_at AND date_trunc('minute', ends_at) = ends_at),
    ADD CONSTRAINT maintenance_canceled CHECK (canceled_at <= starts_at);
ALTER TABLE incident ADD CONSTRAINT incident_order CHECK (began_at <= resolved_at);
CREATE INDEX incident_open ON incident (began_at) WHERE resolved_at IS NULL;
REVOKE DELETE ON maintenance, incident, availability_day FROM chenu_app;

CREATE TRIGGER incident_update_append_only BEFORE UPDATE OR DELETE ON incident_update
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON incident_update FROM chenu_app;

ALTER TABLE contract_credit ADD CONSTRAINT contract_credit_days
    CHECK (first_day <= last_day AND month = date_trunc('month', first_day)::date
        AND month = date_trunc('month', last_day)::date),
    ADD CONSTRAINT contract_credit_figure CHECK (0 <= available AND available < counted
        AND excluded >= 0 AND counted + excluded <= 86400 * (last_day - first_day + 1)),
    ADD CONSTRAINT contract_credit_percent
    CHECK (percent = CASE WHEN available::bigint * 100 < counted::bigint * 95 THEN 50
        WHEN available::bigint * 100 < counted::bigint * 99 THEN 25
        WHEN available::bigint * 1000 < counted::bigint * 999 THEN 10 ELSE 0 END AND percent > 0),
    ADD CONSTRAINT contract_credit_amount
    CHECK (fee >= 0 AND amount = (fee * percent + 50) / 100);
CREATE UNIQUE INDEX contract_credit_once ON contract_credit (contract, month);
CREATE TRIGGER contract_credit_append_only BEFORE UPDATE OR DELETE ON contract_credit
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON contract_credit FROM chenu_app;
