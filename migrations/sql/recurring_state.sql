-- What subscriptions and contracts were at each time. docs/analytics.md, docs/decisions/0072

ALTER TABLE recurring_state
    ADD CONSTRAINT recurring_state_kind
        CHECK (kind IN ('TIER', 'AGENT', 'API_PLAN', 'CONTRACT')),
    ADD CONSTRAINT recurring_state_share CHECK (share_net BETWEEN 0 AND share_total
        AND share_total > 0),
    ADD CONSTRAINT recurring_state_mrr
        CHECK (0 <= least(mrr, mrr_before) AND mrr <= mrr_gross AND mrr_before <= mrr_gross_before);

CREATE INDEX recurring_state_of_account ON recurring_state (account, id DESC);
CREATE INDEX recurring_state_of_source ON recurring_state (source, id DESC);

CREATE TRIGGER recurring_state_append_only BEFORE UPDATE OR DELETE ON recurring_state
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON recurring_state FROM chenu_app;

-- The formula of chenu/billing/mrr.py once more, to check the books with: gross without a discount.
CREATE FUNCTION recurring_mrr(kind text, status text, gives_access boolean, billing_interval text,
    price bigint, share_net bigint, share_total bigint, discount_percent int,
    discount_amount bigint, discount_duration text, discount_ends_at timestamptz, at timestamptz)
RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN kind = 'AGENT' OR NOT gives_access
            OR status NOT IN ('ACTIVE', 'PAST_DUE', 'RUNNING') THEN 0
        ELSE div(2 * greatest(100 * price::numeric - CASE
                WHEN coalesce(discount_duration, 'ONCE') = 'ONCE' OR discount_ends_at <= at THEN 0
                WHEN discount_percent IS NOT NULL THEN price * discount_percent
                ELSE 100 * coalesce(discount_amount, 0) END, 0) * share_net
            + 100 * share_total * months, 200 * share_total * months)::bigint END
    FROM (SELECT CASE billing_interval WHEN 'YEAR' THEN 12 ELSE 1 END AS months) p
$$;

-- What other features read: each change of a source, and those that change its MRR.
CREATE VIEW recurring_change AS
    SELECT id, account, source, kind, item, status, status_before, gives_access, mrr, mrr_before,
        mrr_gross, mrr_gross_before, changed_at
    FROM recurring_state;
CREATE VIEW mrr_change AS
    SELECT id, account, source, kind, mrr - mrr_before AS net, mrr_gross - mrr_gross_before AS gross,
        changed_at
    FROM recurring_state WHERE mrr <> mrr_before OR mrr_gross <> mrr_gross_before;

-- Trials are few beside the states of paid plans.
CREATE INDEX recurring_state_of_trial ON recurring_state (changed_at)
    WHERE kind = 'TIER' AND status IS DISTINCT FROM status_before
        AND 'TRIALING' IN (status, status_before);
