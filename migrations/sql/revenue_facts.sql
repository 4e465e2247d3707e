-- What happened, with its day: views of each feature for revenue analytics, which reads nothing
-- else of them. Each reads tables of one feature. docs/analytics.md, docs/decisions/0073
ALTER TABLE acquisition_cost
    ADD CONSTRAINT acquisition_cost_amount CHECK (amount >= 0),
    ADD CONSTRAINT acquisition_cost_month CHECK (extract(day FROM month) = 1),
    ADD CONSTRAINT acquisition_cost_once UNIQUE (month, channel);
ALTER TABLE roi_view
    ADD CONSTRAINT roi_view_month CHECK (extract(day FROM month) = 1),
    ADD CONSTRAINT roi_view_once UNIQUE (month, viewer);
CREATE INDEX roi_view_viewer ON roi_view (viewer);
CREATE INDEX roi_view_seen ON roi_view (seen_at);

-- billing: changes of plans and contracts, by their time (views recurring_change and mrr_change).
CREATE INDEX recurring_state_time ON recurring_state (changed_at, id);
CREATE INDEX recurring_state_trial ON recurring_state (changed_at, id)
    WHERE kind = 'TIER' AND status = 'TRIALING';

-- ledger: what sales, plans and packs brought in and gave back, out of whose part. Cents.
CREATE INDEX ledger_revenue ON ledger_transaction (business_at, id) WHERE kind IN (
    'PAYMENT', 'RETURN_DUE', 'REFUND_DUE', 'REFUND_FAILED', 'PLAN_PAYMENT', 'API_PLAN_PAYMENT',
    'PACK_PAYMENT', 'DASHBOARD_PAYMENT', 'PLAN_REFUND', 'PLAN_REFUND_FAILED', 'DISPUTE_TAKEN',
    'DISPUTE_RETURNED');
CREATE VIEW revenue_fact AS
SELECT lpad(to_hex(t.id), 32, '0')::uuid AS id, t.kind, t.subject_id, t.account_id,
    t.business_at AS booked_at, parts.platform, parts.creator, parts.tax
FROM ledger_transaction t
CROSS JOIN LATERAL (
    SELECT coalesce(sum(e.amount) FILTER (WHERE a.kind = 'PLATFORM_REVENUE'), 0)::bigint AS platform,
        coalesce(sum(e.amount) FILTER (WHERE a.kind LIKE 'CREATOR%'), 0)::bigint AS creator,
        coalesce(sum(e.amount) FILTER (WHERE a.kind = 'TAX_PAYABLE'), 0)::bigint AS tax
    FROM ledger_entry e JOIN ledger_account a ON a.id = e.ledger_account_id
    WHERE e.transaction_id = t.id) parts
WHERE t.kind IN (
    'PAYMENT', 'RETURN_DUE', 'REFUND_DUE', 'REFUND_FAILED', 'PLAN_PAYMENT', 'API_PLAN_PAYMENT',
    'PACK_PAYMENT', 'DASHBOARD_PAYMENT', 'PLAN_REFUND', 'PLAN_REFUND_FAILED', 'DISPUTE_TAKEN',
    'DISPUTE_RETURNED');

-- agents: what a payment for an agent was for.
CREATE VIEW sale_fact AS
SELECT y.id AS subject_id, y.purchase AS purchase_id, p.price_type, a.slug
FROM purchase_payment y JOIN purchase p ON p.id = y.purchase JOIN agent a ON a.id = p.agent;

-- billing: what a charge or a refund of an invoice was for.
CREATE VIEW charge_fact AS
SELECT m.subject_id, i.id AS invoice_id, coalesce(i.number, '') AS number,
    CASE WHEN s.kind IN ('TIER', 'API_PLAN') THEN s.kind
        WHEN i.stripe_subscription_id IS NULL AND i.purchase IS NOT NULL THEN 'PACK'
        ELSE 'OTHER' END AS kind
FROM (
    SELECT id AS subject_id, invoice FROM invoice_payment
    UNION ALL
    SELECT id, invoice FROM invoice_refund) m
JOIN invoice i ON i.id = m.invoice
LEFT JOIN subscription s ON s.stripe_subscription_id = i.stripe_subscription_id;

-- billing: renewals whose payment failed. `given_up_at`: their subscription ended.
CREATE INDEX invoice_failed ON invoice (failed_at) WHERE failed_at IS NOT NULL;
CREATE VIEW payment_failure_fact AS
SELECT i.id, i.account AS account_id, coalesce(i.number, '') AS number, i.failed_at, i.paid_at,
    s.ended_at AS given_up_at
FROM invoice i LEFT JOIN subscription s ON s.stripe_subscription_id = i.stripe_subscription_id
WHERE i.failed_at IS NOT NULL;

-- billing: invoices, those of contracts too, which are written outside for each of their periods.
CREATE INDEX invoice_issued ON invoice (issued_at) WHERE issued_at IS NOT NULL;
CREATE INDEX enterprise_contract_times ON enterprise_contract (starts_at, ends_at);
CREATE VIEW invoice_fact AS
SELECT i.id, i.account AS account_id, coalesce(i.number, '') AS number, i.issued_at,
    i.purchase IS NOT NULL OR (i.stripe_subscription_id IS NOT NULL
        AND i.billing_reason <> 'manual') AS is_automated
FROM invoice i WHERE i.issued_at IS NOT NULL;
CREATE VIEW contract_invoice_fact AS
SELECT md5(c.id::text || due.at::text)::uuid AS id, c.account AS account_id, c.reference,
    c.starts_at, c.ends_at, due.at AS issued_at
FROM enterprise_contract c
CROSS JOIN LATERAL (
    SELECT (c.starts_at AT TIME ZONE 'UTC'
        + step * CASE c.billing_interval WHEN 'YEAR' THEN interval '1 year' ELSE interval '1 month'
            END) AT TIME ZONE 'UTC' AS at
    FROM generate_series(0, (extract(year FROM age(c.ends_at, c.starts_at)) * 12
        + extract(month FROM age(c.ends_at, c.starts_at)))::integer) AS step) due
WHERE due.at < least(c.ends_at, coalesce(c.ended_at, c.ends_at));

-- affiliates: the first commission that a referred customer earned somebody.
CREATE INDEX commission_earned ON commission (created_at) WHERE kind = 'COMMISSION';
CREATE VIEW conversion_fact AS
SELECT c.id, c.account AS account_id, f.code, c.created_at AS converted_at
FROM commission c JOIN affiliate f ON f.id = c.affiliate
WHERE c.kind = 'COMMISSION' AND NOT EXISTS (
    SELECT 1 FROM commission e WHERE e.referral = c.referral AND e.kind = 'COMMISSION'
        AND (e.created_at, e.id) < (c.created_at, c.id));

-- accounts: who signed up when, and who has gone. A user's account is their personal one.
CREATE INDEX account_created ON account (created_at);
CREATE INDEX app_user_created ON app_user (created_at);
CREATE INDEX app_user_deleted ON app_user (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE VIEW account_fact AS
SELECT id, kind, created_at AS signed_up_at FROM account;
CREATE VIEW user_fact AS
SELECT id, created_at AS at, 'SIGN_UP' AS event, 1 AS change FROM app_user
UNION ALL
SELECT id, deleted_at, 'DELETION', -1 FROM app_user WHERE deleted_at IS NOT NULL;
CREATE VIEW personal_account_fact AS
SELECT owner AS user_id, id AS account_id FROM account WHERE kind = 'PERSONAL';

-- roi: who opened the dashboard in which month.
CREATE VIEW roi_view_fact AS
SELECT id, viewer, month, seen_at FROM roi_view;
