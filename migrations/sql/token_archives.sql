-- Months of which the spends of tokens are in files: `chenu archive` writes as the owner, requests
-- read. docs/decisions/0106
ALTER TABLE token_opening ADD CONSTRAINT token_opening_amount
    CHECK (amount < 0 AND (pool = 'UNLIMITED') = (token_grant IS NULL));
REVOKE INSERT, UPDATE, DELETE ON token_opening FROM chenu_app;
CREATE INDEX token_opening_account ON token_opening (account_id);
CREATE UNIQUE INDEX token_opening_once ON token_opening (month, account_id, token_grant, pool)
    NULLS NOT DISTINCT;

-- All that grants and accounts add up: entries, and for spends that are in files their sums. Without
-- conditions, so that PostgreSQL looks into both for one grant or account.
CREATE VIEW token_amount AS
SELECT account_id, token_grant, kind, pool, amount FROM token_entry
UNION ALL
SELECT account_id, token_grant, 'SPEND', pool, amount FROM token_opening;
