-- The books of revenue at a million subscriptions. docs/performance.md, docs/decisions/0090

-- One expression, which PostgreSQL writes into the statement that asks for it: with a FROM it was
-- called for each row of a history, and checking 12 million took longer than everything else.
CREATE OR REPLACE FUNCTION recurring_mrr(kind text, status text, gives_access boolean,
    billing_interval text, price bigint, share_net bigint, share_total bigint, discount_percent int,
    discount_amount bigint, discount_duration text, discount_ends_at timestamptz, at timestamptz)
RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN kind = 'AGENT' OR NOT gives_access
            OR status NOT IN ('ACTIVE', 'PAST_DUE', 'RUNNING') THEN 0
        ELSE div(2 * greatest(100 * price::numeric - CASE
                WHEN coalesce(discount_duration, 'ONCE') = 'ONCE' OR discount_ends_at <= at THEN 0
                WHEN discount_percent IS NOT NULL THEN price * discount_percent
                ELSE 100 * coalesce(discount_amount, 0) END, 0) * share_net
            + 100 * share_total * CASE billing_interval WHEN 'YEAR' THEN 12 ELSE 1 END,
            200 * share_total * CASE billing_interval WHEN 'YEAR' THEN 12 ELSE 1 END)::bigint END
$$;

-- Without them a sum by day is planned as if each movement had a day of its own: sorted on disk,
-- by one process.
CREATE STATISTICS mrr_movement_days ON (utc_day(moved_at)) FROM mrr_movement;
CREATE STATISTICS mrr_movement_months ON (utc_month(moved_at)) FROM mrr_movement;

-- The sums for a statement that writes, whose own plan would never be parallel.
CREATE FUNCTION read_revenue_sums() RETURNS SETOF revenue_sum LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY SELECT * FROM revenue_sum;
END $$;

CREATE OR REPLACE FUNCTION rebuild_sums() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM revenue_day;
    DELETE FROM revenue_cohort;
    WITH sums AS MATERIALIZED (SELECT * FROM read_revenue_sums()), days AS (
        INSERT INTO revenue_day (day, new_mrr, reactivation_mrr, expansion_mrr, contraction_mrr,
            churn_mrr, gross_change, new_customers, reactivated_customers, churned_customers,
            trials_started, trials_converted, trials_lapsed)
        SELECT day, new_mrr, reactivation_mrr, expansion_mrr, contraction_mrr, churn_mrr,
            gross_change, new_customers, reactivated_customers, churned_customers, trials_started,
            trials_converted, trials_lapsed
        FROM sums WHERE of_day
    )
    INSERT INTO revenue_cohort (cohort, month, mrr_change, customer_change)
        SELECT cohort, month,
            new_mrr + reactivation_mrr + expansion_mrr - contraction_mrr - churn_mrr,
            new_customers + reactivated_customers - churned_customers
        FROM sums WHERE NOT of_day AND cohort IS NOT NULL;
END $$;

-- As before, but the movements follow from the history once instead of twice. A movement that is
-- wrong is gone before the one of the same state is written: the count waits for the deletion.
CREATE OR REPLACE FUNCTION rebuild_revenue() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('chenu.rebuild', 'on', true); -- a clause SET would ask for a superuser
    LOCK TABLE mrr_movement IN SHARE ROW EXCLUSIVE MODE;
    LOCK TABLE revenue_day IN SHARE ROW EXCLUSIVE MODE;
    LOCK TABLE revenue_cohort IN SHARE ROW EXCLUSIVE MODE;
    WITH differing AS MATERIALIZED (
        SELECT m.state AS wrong, t.* FROM mrr_movement m
        FULL JOIN mrr_movement_truth t ON t.state = m.state
        WHERE (t.account, t.source, t.source_kind, t.kind, t.mrr_before, t.mrr_after,
                t.gross_before, t.gross_after, t.cohort, t.moved_at)
            IS DISTINCT FROM (m.account, m.source, m.source_kind, m.kind, m.mrr_before,
                m.mrr_after, m.gross_before, m.gross_after, m.cohort, m.moved_at)
    ), gone AS (
        DELETE FROM mrr_movement WHERE state IN (SELECT wrong FROM differing) RETURNING state
    )
    INSERT INTO mrr_movement (id, account, state, source, source_kind, kind, mrr_before,
        mrr_after, gross_before, gross_after, cohort, moved_at)
    SELECT gen_random_uuid(), account, state, source, source_kind, kind, mrr_before, mrr_after,
        gross_before, gross_after, cohort, moved_at
    FROM differing WHERE state IS NOT NULL AND (SELECT count(*) FROM gone) >= 0;
    PERFORM rebuild_sums();
    PERFORM set_config('chenu.rebuild', 'off', true);
END $$;
