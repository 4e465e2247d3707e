-- Monthly budgets of tokens: at most one for a source and a month, and one that runs.
-- docs/decisions/0035

ALTER TABLE token_budget ADD CONSTRAINT token_budget_source
    CHECK (source IN ('ACCOUNT', 'TRIAL', 'PLAN', 'UNLIMITED'));
CREATE INDEX token_budget_due ON token_budget (due_at) WHERE due_at IS NOT NULL;

ALTER TABLE token_budget_period ADD CONSTRAINT token_budget_period_source
        CHECK (source IN ('ACCOUNT', 'TRIAL', 'PLAN')),
    ADD CONSTRAINT token_budget_period_numbers
        CHECK (least(monthly, granted, carried, unspent, resumed, changes, warned) >= 0),
    ADD CONSTRAINT token_budget_period_times CHECK (starts_at < ends_at);
CREATE UNIQUE INDEX token_budget_period_once ON token_budget_period (account, source, starts_at);
CREATE UNIQUE INDEX token_budget_period_running ON token_budget_period (account, source)
    WHERE ended_at IS NULL;
REVOKE DELETE ON token_budget_period FROM chenu_app;

-- Accounts from before budgets: their months count from the day of sign-up.
INSERT INTO token_budget (id, account, source, anchor_at, due_at, attempts, next_attempt_at)
    SELECT gen_random_uuid(), id, 'ACCOUNT', created_at, created_at, 0, now() FROM account;
UPDATE account SET period_is_trial = true WHERE EXISTS (SELECT 1 FROM subscription s
    WHERE s.account = account.id AND s.status = 'TRIALING' AND s.gives_access);
