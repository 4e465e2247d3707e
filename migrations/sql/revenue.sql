-- Movements of MRR, and their sums. docs/analytics.md, docs/decisions/0072

ALTER TABLE mrr_movement
    ADD CONSTRAINT mrr_movement_kind
        CHECK (kind IN ('NEW', 'REACTIVATION', 'EXPANSION', 'CONTRACTION', 'CHURN')),
    ADD CONSTRAINT mrr_movement_amounts
        CHECK (0 <= least(mrr_before, mrr_after) AND mrr_before <= gross_before
            AND mrr_after <= gross_after
            AND (mrr_before, gross_before) <> (mrr_after, gross_after));
CREATE INDEX mrr_movement_of_account ON mrr_movement (account, state DESC);
CREATE INDEX mrr_movement_time ON mrr_movement (moved_at, id);
CREATE INDEX mrr_movement_time_of_kind ON mrr_movement (kind, moved_at, id);
CREATE UNIQUE INDEX revenue_cohort_once ON revenue_cohort (cohort, month);

-- By the net MRR of an account; where only the gross MRR moves, it expands or contracts by nothing.
CREATE FUNCTION mrr_kind(had_some boolean, before bigint, after bigint, gross_change bigint)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN before = 0 AND after > 0 THEN CASE WHEN had_some THEN 'REACTIVATION' ELSE 'NEW' END
        WHEN before > 0 AND after = 0 THEN 'CHURN'
        WHEN after > before OR (after = before AND gross_change > 0) THEN 'EXPANSION'
        ELSE 'CONTRACTION' END
$$;

CREATE FUNCTION utc_day(moment timestamptz) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (moment AT TIME ZONE 'UTC')::date
$$;
CREATE FUNCTION utc_month(moment timestamptz) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT date_trunc('month', moment AT TIME ZONE 'UTC')::date
$$;

-- Derived rows are replaced as a whole, by rebuild_revenue() alone.
CREATE FUNCTION refuse_derived_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('chenu.rebuild', true) = 'on' AND TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER mrr_movement_append_only BEFORE UPDATE OR DELETE ON mrr_movement
    FOR EACH ROW EXECUTE FUNCTION refuse_derived_change();
REVOKE UPDATE ON mrr_movement FROM chenu_app;

-- The sums follow when the transaction commits: the row of a day is locked for that moment only.
CREATE FUNCTION add_movement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO revenue_day AS d (day, new_mrr, reactivation_mrr, expansion_mrr, contraction_mrr,
        churn_mrr, gross_change, new_customers, reactivated_customers, churned_customers)
    VALUES (utc_day(NEW.moved_at),
        CASE WHEN NEW.kind = 'NEW' THEN NEW.mrr_after ELSE 0 END,
        CASE WHEN NEW.kind = 'REACTIVATION' THEN NEW.mrr_after ELSE 0 END,
        CASE WHEN NEW.kind = 'EXPANSION' THEN NEW.mrr_after - NEW.mrr_before ELSE 0 END,
        CASE WHEN NEW.kind = 'CONTRACTION' THEN NEW.mrr_before - NEW.mrr_after ELSE 0 END,
        CASE WHEN NEW.kind = 'CHURN' THEN NEW.mrr_before ELSE 0 END,
        NEW.gross_after - NEW.gross_before,
        (NEW.kind = 'NEW')::int, (NEW.kind = 'REACTIVATION')::int, (NEW.kind = 'CHURN')::int)
    ON CONFLICT (day) DO UPDATE SET
        new_mrr = d.new_mrr + excluded.new_mrr,
        reactivation_mrr = d.reactivation_mrr + excluded.reactivation_mrr,
        expansion_mrr = d.expansion_mrr + excluded.expansion_mrr,
        contraction_mrr = d.contraction_mrr + excluded.contraction_mrr,
        churn_mrr = d.churn_mrr + excluded.churn_mrr,
        gross_change = d.gross_change + excluded.gross_change,
        new_customers = d.new_customers + excluded.new_customers,
        reactivated_customers = d.reactivated_customers + excluded.reactivated_customers,
        churned_customers = d.churned_customers + excluded.churned_customers;
    IF NEW.cohort IS NOT NULL THEN
        INSERT INTO revenue_cohort AS c (cohort, month, mrr_change, customer_change)
        VALUES (NEW.cohort, utc_month(NEW.moved_at), NEW.mrr_after - NEW.mrr_before,
            (NEW.mrr_after > 0)::int - (NEW.mrr_before > 0)::int)
        ON CONFLICT (cohort, month) DO UPDATE SET
            mrr_change = c.mrr_change + excluded.mrr_change,
            customer_change = c.customer_change + excluded.customer_change;
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER mrr_movement_adds_up AFTER INSERT ON mrr_movement
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (current_setting('chenu.rebuild', true) IS DISTINCT FROM 'on')
    EXECUTE FUNCTION add_movement();

CREATE FUNCTION add_trial() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO revenue_day AS d (day, trials_started, trials_converted, trials_lapsed)
    VALUES (utc_day(NEW.changed_at), (NEW.status = 'TRIALING')::int,
        (NEW.status IN ('ACTIVE', 'PAST_DUE'))::int,
        (NEW.status NOT IN ('TRIALING', 'ACTIVE', 'PAST_DUE'))::int)
    ON CONFLICT (day) DO UPDATE SET
        trials_started = d.trials_started + excluded.trials_started,
        trials_converted = d.trials_converted + excluded.trials_converted,
        trials_lapsed = d.trials_lapsed + excluded.trials_lapsed;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER recurring_state_counts_trials AFTER INSERT ON recurring_state
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.kind = 'TIER' AND NEW.status IS DISTINCT FROM NEW.status_before
        AND 'TRIALING' IN (NEW.status, NEW.status_before)
        AND current_setting('chenu.rebuild', true) IS DISTINCT FROM 'on')
    EXECUTE FUNCTION add_trial();

-- The movements as the history has them: what `chenu analytics rebuild` compares with.
CREATE VIEW mrr_movement_truth AS
    WITH summed AS (
        SELECT id, account, source, kind, net, gross, changed_at,
            (sum(net) OVER w)::bigint AS after, (sum(gross) OVER w)::bigint AS gross_after
        FROM mrr_change WINDOW w AS (PARTITION BY account ORDER BY id)
    ), begun AS (
        SELECT *, min(id) FILTER (WHERE after > 0) OVER w AS first_id,
            min(changed_at) FILTER (WHERE after > 0) OVER w AS first_at
        FROM summed WINDOW w AS (PARTITION BY account ORDER BY id)
    )
    SELECT account, id AS state, source, kind AS source_kind,
        mrr_kind(coalesce(first_id < id, false), after - net, after, gross) AS kind,
        after - net AS mrr_before, after AS mrr_after,
        gross_after - gross AS gross_before, gross_after,
        utc_month(first_at) AS cohort, changed_at AS moved_at
    FROM begun;

-- The sums as the movements and the history have them.
CREATE VIEW movement_sum AS
    SELECT utc_day(moved_at) AS day, kind, cohort, sum(mrr_after - mrr_before)::bigint AS change,
        sum(gross_after - gross_before)::bigint AS gross_change, count(*)::int AS moved
    FROM mrr_movement GROUP BY 1, 2, 3;
CREATE VIEW revenue_sum AS
    SELECT grouping(day) = 0 AS of_day, day, cohort, month,
        coalesce(sum(change) FILTER (WHERE kind = 'NEW'), 0)::bigint AS new_mrr,
        coalesce(sum(change) FILTER (WHERE kind = 'REACTIVATION'), 0)::bigint AS reactivation_mrr,
        coalesce(sum(change) FILTER (WHERE kind = 'EXPANSION'), 0)::bigint AS expansion_mrr,
        coalesce(-sum(change) FILTER (WHERE kind = 'CONTRACTION'), 0)::bigint AS contraction_mrr,
        coalesce(-sum(change) FILTER (WHERE kind = 'CHURN'), 0)::bigint AS churn_mrr,
        coalesce(sum(gross_change), 0)::bigint AS gross_change,
        coalesce(sum(moved) FILTER (WHERE kind = 'NEW'), 0)::int AS new_customers,
        coalesce(sum(moved) FILTER (WHERE kind = 'REACTIVATION'), 0)::int
            AS reactivated_customers,
        coalesce(sum(moved) FILTER (WHERE kind = 'CHURN'), 0)::int AS churned_customers,
        coalesce(sum(moved) FILTER (WHERE kind = 'STARTED'), 0)::int AS trials_started,
        coalesce(sum(moved) FILTER (WHERE kind = 'CONVERTED'), 0)::int AS trials_converted,
        coalesce(sum(moved) FILTER (WHERE kind = 'LAPSED'), 0)::int AS trials_lapsed
    FROM (
        SELECT day, cohort, date_trunc('month', day)::date AS month, kind, change, gross_change,
            moved
        FROM movement_sum
        UNION ALL
        SELECT utc_day(changed_at), NULL, NULL, CASE WHEN status = 'TRIALING' THEN 'STARTED'
                WHEN status IN ('ACTIVE', 'PAST_DUE') THEN 'CONVERTED' ELSE 'LAPSED' END,
            0, 0, 1
        FROM recurring_change WHERE kind = 'TIER' AND status IS DISTINCT FROM status_before
            AND 'TRIALING' IN (status, status_before)
    ) moved GROUP BY GROUPING SETS ((day), (cohort, month));
CREATE VIEW revenue_day_truth AS
    SELECT day, new_mrr, reactivation_mrr, expansion_mrr, contraction_mrr, churn_mrr, gross_change,
        new_customers, reactivated_customers, churned_customers, trials_started, trials_converted,
        trials_lapsed
    FROM revenue_sum WHERE of_day;
CREATE VIEW revenue_cohort_truth AS
    SELECT cohort, month,
        new_mrr + reactivation_mrr + expansion_mrr - contraction_mrr - churn_mrr AS mrr_change,
        new_customers + reactivated_customers - churned_customers AS customer_change
    FROM revenue_sum WHERE NOT of_day AND cohort IS NOT NULL;

-- Both sums anew, in one pass over the movements.
CREATE FUNCTION rebuild_sums() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM revenue_day;
    DELETE FROM revenue_cohort;
    WITH sums AS MATERIALIZED (SELECT * FROM revenue_sum), days AS (
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

-- Replaces what is not as the history has it; movements that are right keep their ids. Whoever
-- writes a movement or a sum waits until it is done.
CREATE FUNCTION rebuild_revenue() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('chenu.rebuild', 'on', true); -- a clause SET would ask for a superuser
    LOCK TABLE mrr_movement IN SHARE ROW EXCLUSIVE MODE;
    LOCK TABLE revenue_day IN SHARE ROW EXCLUSIVE MODE;
    LOCK TABLE revenue_cohort IN SHARE ROW EXCLUSIVE MODE;
    DELETE FROM mrr_movement WHERE state IN (
        SELECT m.state FROM mrr_movement m LEFT JOIN mrr_movement_truth t ON t.state = m.state
        WHERE (t.account, t.source, t.source_kind, t.kind, t.mrr_before, t.mrr_after,
                t.gross_before, t.gross_after, t.cohort, t.moved_at)
            IS DISTINCT FROM (m.account, m.source, m.source_kind, m.kind, m.mrr_before,
                m.mrr_after, m.gross_before, m.gross_after, m.cohort, m.moved_at));
    INSERT INTO mrr_movement (id, account, state, source, source_kind, kind, mrr_before,
        mrr_after, gross_before, gross_after, cohort, moved_at)
    SELECT gen_random_uuid(), t.account, t.state, t.source, t.source_kind, t.kind, t.mrr_before,
        t.mrr_after, t.gross_before, t.gross_after, t.cohort, t.moved_at
    FROM mrr_movement_truth t
    WHERE NOT EXISTS (SELECT FROM mrr_movement m WHERE m.state = t.state);
    PERFORM rebuild_sums();
    PERFORM set_config('chenu.rebuild', 'off', true);
END $$;
