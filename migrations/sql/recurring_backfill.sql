-- The history of subscriptions and contracts that are older than the table of their states: what
-- the mirror still knows of them. Trial, first payment, what it is now. docs/decisions/0072

SELECT set_config('chenu.rebuild', 'on', true);

WITH shared AS (
    SELECT s.*, coalesce(i.total - i.tax, 1) AS share_net, coalesce(i.total, 1) AS share_total,
        s.status IN ('ACTIVE', 'PAST_DUE') OR EXISTS (SELECT FROM invoice p
            WHERE p.stripe_subscription_id = s.stripe_subscription_id AND p.status = 'PAID'
                AND p.total > 0) AS has_paid
    FROM subscription s
    LEFT JOIN LATERAL (SELECT total, tax FROM invoice
        WHERE stripe_subscription_id = s.stripe_subscription_id AND total > 0
            AND tax BETWEEN 0 AND total
        ORDER BY created_at DESC LIMIT 1) i ON true
    WHERE NOT EXISTS (SELECT FROM recurring_state r WHERE r.source = s.id)
), known AS (
    SELECT 1 AS step, 'TRIALING' AS was, true AS access, created_at AS at, shared.* FROM shared
    WHERE trial_ends_at IS NOT NULL AND status <> 'TRIALING'
    UNION ALL
    SELECT 2, 'ACTIVE', true, greatest(created_at, least(trial_ends_at, period_end)), shared.*
    FROM shared WHERE has_paid AND NOT (status = 'ACTIVE' AND gives_access)
    UNION ALL
    SELECT 3, status, gives_access, CASE status
        WHEN 'TRIALING' THEN created_at
        WHEN 'ACTIVE' THEN CASE WHEN gives_access
            THEN greatest(created_at, least(trial_ends_at, period_end)) ELSE period_start END
        WHEN 'CANCELED' THEN greatest(created_at, coalesce(ended_at, period_end))
        ELSE greatest(created_at, period_start) END, shared.*
    FROM shared
), of_all AS (
    SELECT account, id AS source, kind, item, was AS status, access AS gives_access,
        billing_interval, price, share_net, share_total, discount_percent, discount_amount,
        discount_duration, discount_ends_at, at, step
    FROM known
    UNION ALL
    SELECT account, id, 'CONTRACT', 'ENTERPRISE', 'RUNNING', true, billing_interval, amount, 1, 1,
        NULL, NULL, NULL, NULL, starts_at, 1
    FROM enterprise_contract c WHERE status <> 'PLANNED'
        AND NOT EXISTS (SELECT FROM recurring_state r WHERE r.source = c.id)
    UNION ALL
    SELECT account, id, 'CONTRACT', 'ENTERPRISE', 'ENDED', false, billing_interval, amount, 1, 1,
        NULL, NULL, NULL, NULL, greatest(starts_at, coalesce(ended_at, ends_at)), 2
    FROM enterprise_contract c WHERE status = 'ENDED'
        AND NOT EXISTS (SELECT FROM recurring_state r WHERE r.source = c.id)
), dated AS (
    SELECT account, source, kind, item, status, gives_access, billing_interval, price, share_net,
        share_total, discount_percent, discount_amount, discount_duration, discount_ends_at, step,
        max(at) OVER (PARTITION BY source ORDER BY step) AS at
    FROM of_all
), valued AS (
    SELECT *,
        recurring_mrr(kind, status, gives_access, billing_interval, price, share_net, share_total,
            discount_percent, discount_amount, discount_duration, discount_ends_at, at) AS mrr,
        recurring_mrr(kind, status, gives_access, billing_interval, price, share_net, share_total,
            NULL, NULL, NULL, NULL, at) AS mrr_gross
    FROM dated
)
INSERT INTO recurring_state (account, source, kind, item, status, status_before, gives_access,
    billing_interval, price, share_net, share_total, discount_percent, discount_amount,
    discount_duration, discount_ends_at, mrr, mrr_gross, mrr_before, mrr_gross_before, changed_at)
SELECT account, source, kind, item, status, lag(status) OVER w, gives_access, billing_interval,
    price, share_net, share_total, discount_percent, discount_amount, discount_duration,
    discount_ends_at, mrr, mrr_gross, lag(mrr, 1, 0::bigint) OVER w,
    lag(mrr_gross, 1, 0::bigint) OVER w, at
FROM valued WINDOW w AS (PARTITION BY source ORDER BY step)
ORDER BY at, source, step;

SELECT rebuild_revenue();
SELECT set_config('chenu.rebuild', 'off', true);
