"""What must always hold between subscriptions, contracts, movements of MRR and their sums.

Numbers as in docs/money.md, "Invariants".
"""

from chenu.core.i18n import mark
from chenu.ledger.invariants import Invariant

_NET = "new_mrr + reactivation_mrr + expansion_mrr - contraction_mrr - churn_mrr"

REVENUE = (
    Invariant(
        "I20",
        mark("each movement of MRR begins where the account's last one ended, and is what it says"),
        """
        SELECT 'movement ' || id AS what FROM (
            SELECT m.*, lag(mrr_after, 1, 0::bigint) OVER w AS mrr_last,
                lag(gross_after, 1, 0::bigint) OVER w AS gross_last,
                lag(cohort) OVER w AS cohort_last
            FROM mrr_movement m WINDOW w AS (PARTITION BY account ORDER BY state)) m
        WHERE (mrr_before, gross_before) <> (mrr_last, gross_last)
            OR kind <> mrr_kind(cohort_last IS NOT NULL, mrr_before, mrr_after,
                gross_after - gross_before)
            OR cohort IS DISTINCT FROM coalesce(cohort_last,
                CASE WHEN mrr_after > 0 THEN utc_month(moved_at) END)
        """,
    ),
    Invariant(
        "I20s",
        mark("the MRR of each account is that of its live subscriptions and running contracts"),
        """
        WITH newest AS MATERIALIZED (SELECT r.* FROM recurring_state r
            JOIN (SELECT max(id) AS id FROM recurring_state GROUP BY source) last USING (id))
        SELECT 'account ' || coalesce(n.account, m.account) AS what
        FROM (SELECT account, sum(mrr) AS mrr, sum(mrr_gross) AS gross FROM newest
            GROUP BY account) n
        FULL JOIN (SELECT DISTINCT ON (account) account, mrr_after, gross_after FROM mrr_movement
            ORDER BY account, state DESC) m ON m.account = n.account
        WHERE (coalesce(n.mrr, 0), coalesce(n.gross, 0))
            <> (coalesce(m.mrr_after, 0), coalesce(m.gross_after, 0))
        UNION ALL
        SELECT 'subscription ' || s.id FROM subscription s LEFT JOIN newest n ON n.source = s.id
        WHERE (n.account, n.kind, n.item, n.status, n.gives_access, n.billing_interval, n.price,
                n.discount_percent, n.discount_amount, n.discount_duration, n.discount_ends_at)
            IS DISTINCT FROM (s.account, s.kind, s.item, s.status, s.gives_access,
                s.billing_interval, s.price, s.discount_percent, s.discount_amount,
                s.discount_duration, s.discount_ends_at)
        UNION ALL
        SELECT 'contract ' || c.id FROM enterprise_contract c LEFT JOIN newest n ON n.source = c.id
        WHERE c.status <> 'PLANNED'
            AND (n.account, n.status, n.gives_access, n.billing_interval, n.price)
                IS DISTINCT FROM (c.account, c.status, c.status = 'RUNNING', c.billing_interval,
                    c.amount)
        UNION ALL
        SELECT 'state ' || id FROM (
            SELECT id, mrr_before, mrr_gross_before, status_before,
                lag(mrr, 1, 0::bigint) OVER w AS mrr_last,
                lag(mrr_gross, 1, 0::bigint) OVER w AS gross_last, lag(status) OVER w AS status_last
            FROM recurring_state WINDOW w AS (PARTITION BY source ORDER BY id)) r
        WHERE (mrr_before, mrr_gross_before, status_before)
                IS DISTINCT FROM (mrr_last, gross_last, status_last)
        UNION ALL
        SELECT 'state ' || id FROM recurring_state
        WHERE mrr <> recurring_mrr(kind, status, gives_access, billing_interval, price, share_net,
                share_total, discount_percent, discount_amount, discount_duration,
                discount_ends_at, changed_at)
            OR mrr_gross <> CASE WHEN discount_duration IS NULL THEN mrr
                ELSE recurring_mrr(kind, status, gives_access, billing_interval, price, share_net,
                    share_total, NULL, NULL, NULL, NULL, changed_at) END
        """,
    ),
    Invariant(
        "I20d",
        mark("the sums by day and cohort are those of the movements and trials"),
        """
        SELECT 'day ' || coalesce(d.day, t.day) AS what
        FROM revenue_day d FULL JOIN revenue_day_truth t ON t.day = d.day
        WHERE to_jsonb(d) IS DISTINCT FROM to_jsonb(t)
        UNION ALL
        SELECT 'cohort ' || coalesce(c.cohort, t.cohort) || ' in ' || coalesce(c.month, t.month)
        FROM revenue_cohort c
        FULL JOIN revenue_cohort_truth t ON (t.cohort, t.month) = (c.cohort, c.month)
        WHERE (c.mrr_change, c.customer_change) IS DISTINCT FROM (t.mrr_change, t.customer_change)
        """,
    ),
    Invariant(
        "I20m",
        mark("every month's sums are what its customers' MRR was before and is after it"),
        f"""
        WITH moved AS (
            SELECT month, sum(mrr_after) FILTER (WHERE is_last)
                - sum(mrr_before) FILTER (WHERE is_first) AS mrr
            FROM (SELECT month, mrr_before, mrr_after, lag(state) OVER w IS NULL AS is_first,
                    lead(state) OVER w IS NULL AS is_last
                FROM (SELECT utc_month(moved_at) AS month, * FROM mrr_movement) m
                WINDOW w AS (PARTITION BY account, month ORDER BY state)) of_account
            GROUP BY month
        ), summed AS (
            SELECT date_trunc('month', day)::date AS month, sum({_NET}) AS mrr
            FROM revenue_day GROUP BY 1
        )
        SELECT 'month ' || coalesce(m.month, s.month) AS what
        FROM moved m FULL JOIN summed s ON s.month = m.month
        WHERE coalesce(m.mrr, 0) <> coalesce(s.mrr, 0)
        """,  # noqa: S608 - a text of ours
    ),
    Invariant(
        "I20t",
        mark("how far each account came is what its history says"),
        """
        SELECT format('account %s %s', coalesce(r.account, h.account),
            coalesce(r.tier, h.tier)) AS what
        FROM tier_reached r
        FULL JOIN (SELECT DISTINCT account, tier FROM (
                SELECT DISTINCT account, item FROM recurring_state
                WHERE mrr > 0 AND kind IN ('TIER', 'CONTRACT')) paid
            CROSS JOIN LATERAL tiers_up_to(item) AS tier) h
            ON (h.account, h.tier) = (r.account, r.tier)
        WHERE r.account IS NULL OR h.account IS NULL
        """,
    ),
)
