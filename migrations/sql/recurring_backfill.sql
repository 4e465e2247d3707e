-- A history of the subscriptions and contracts of before: as much of it as their rows tell, which is
-- when each began, became paid after a trial, and ended, at the price that it has now.

SET LOCAL chenu.rebuild = 'on'; -- sums are made of all rows below, not added up one by one

WITH share AS (
    SELECT DISTINCT ON (stripe_subscription_id) stripe_subscription_id, total - tax AS net, total
    FROM invoice WHERE stripe_subscription_id IS NOT NULL AND issued_at IS NOT NULL AND tax > 0
        AND total > 0
    ORDER BY stripe_subscription_id, created_at DESC
), known AS (
    SELECT s.account, s.id AS source, s.kind, s.item, s.billing_interval, s.price,
        coalesce(h.net, 1) AS share_net, coalesce(h.total, 1) AS share_total, s.discount_percent,
        s.discount_amount, s.discount_duration, s.discount_ends_at, s.status, s.gives_access,
        s.created_at, s.trial_ends_at, coalesce(s.ended_at, s.period_end) AS ended_at,
        s.status <> 'CANCELED' OR EXISTS (SELECT FROM invoice i
            WHERE i.stripe_subscription_id = s.stripe_subscription_id AND i.status = 'PAID'
                AND i.total > 0) AS was_paid
    FROM subscription s LEFT JOIN share h ON h.stripe_subscription_id = s.stripe_subscription_id
), phase AS (
    SELECT k.*, 1 AS number, 'TRIALING' AS was, true AS gave, created_at AS at
    FROM known k WHERE trial_ends_at IS NOT NULL
    UNION ALL
    SELECT k.*, 2, CASE status WHEN 'CANCELED' THEN 'ACTIVE' ELSE status END,
        status = 'CANCELED' OR gives_access, greatest(created_at, trial_ends_at)
    FROM known k WHERE status <> 'TRIALING' AND was_paid
    UNION ALL
    SELECT k.*, 3, 'CANCELED', false, greatest(created_at, ended_at)
    FROM known k WHERE status = 'CANCELED'
    UNION ALL
    SELECT account, id, 'CONTRACT', 'ENTERPRISE', billing_interval, amount, 1, 1, NULL, NULL, NULL,
        NULL, status, true, starts_at, NULL, ended_at, true, 2, 'RUNNING', true, starts_at
    FROM enterprise_contract WHERE status = 'RUNNING' OR starts_at < ended_at
    UNION ALL
    SELECT account, id, 'CONTRACT', 'ENTERPRISE', billing_interval, amount, 1, 1, NULL, NULL, NULL,
        NULL, status, false, starts_at, NULL, ended_at, true, 3, 'ENDED', false, ended_at
    FROM enterprise_contract WHERE status = 'ENDED'
), valued AS (
    SELECT p.*, recurring_mrr(kind, was, gave, billing_interval, price, share_net, share_total,
            discount_percent, discount_amount, discount_duration, discount_ends_at, at) AS mrr,
        recurring_mrr(kind, was, gave, billing_interval, price, share_net, share_total, NULL, NULL,
            NULL, NULL, at) AS mrr_gross
    FROM phase p
    WHERE NOT EXISTS (SELECT FROM recurring_state r WHERE r.source = p.source)
)
INSERT INTO recurring_state (account, source, kind, item, status, status_before, gives_access,
    billing_interval, price, share_net, share_total, discount_percent, discount_amount,
    discount_duration, discount_ends_at, mrr, mrr_gross, mrr_before, mrr_gross_before, changed_at)
SELECT account, source, kind, item, was, lag(was) OVER w, gave, billing_interval, price, share_net,
    share_total, discount_percent, discount_amount, discount_duration, discount_ends_at, mrr,
    mrr_gross, lag(mrr, 1, 0::bigint) OVER w, lag(mrr_gross, 1, 0::bigint) OVER w, at
FROM valued WINDOW w AS (PARTITION BY source ORDER BY number)
ORDER BY at, number;

SELECT rebuild_revenue();

SET LOCAL chenu.rebuild = 'off';
