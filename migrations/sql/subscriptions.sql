-- Requests to subscribe, the mirror of subscriptions and invoices, their payments. docs/money.md

ALTER TABLE subscription_order ADD CONSTRAINT subscription_order_status
    CHECK (status IN ('PENDING', 'COMPLETED', 'CANCELED', 'FAILED')),
    ADD CONSTRAINT subscription_order_numbers CHECK (price >= 0 AND trial_days >= 0);
CREATE UNIQUE INDEX subscription_order_pending ON subscription_order (account, kind)
    WHERE status = 'PENDING';
CREATE INDEX subscription_order_purge ON subscription_order (updated_at)
    WHERE status IN ('CANCELED', 'FAILED');

ALTER TABLE subscription ADD CONSTRAINT subscription_status CHECK (status IN ('INCOMPLETE',
    'TRIALING', 'ACTIVE', 'PAST_DUE', 'UNPAID', 'PAUSED', 'CANCELED')),
    ADD CONSTRAINT subscription_access CHECK (NOT gives_access
        OR status IN ('TRIALING', 'ACTIVE', 'PAST_DUE'));
CREATE INDEX subscription_of_account ON subscription (account, kind, created_at DESC);

ALTER TABLE invoice ADD CONSTRAINT invoice_status
    CHECK (status IN ('DRAFT', 'OPEN', 'PAID', 'VOID', 'UNCOLLECTIBLE'));
CREATE INDEX invoice_of_account ON invoice (account, id DESC) WHERE issued_at IS NOT NULL;

ALTER TABLE invoice_payment ADD CONSTRAINT invoice_payment_signs
    CHECK (least(gross, discount, tax, fee) >= 0 AND discount + tax <= gross);

REVOKE DELETE ON subscription, invoice FROM chenu_app;
REVOKE UPDATE, DELETE ON invoice_payment, trial_use FROM chenu_app;
