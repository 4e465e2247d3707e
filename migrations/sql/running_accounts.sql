-- What affiliates are owed has either sign: a clawback after the payout is carried over.
-- docs/decisions/0066
ALTER TABLE ledger_account DROP CONSTRAINT ledger_account_balance,
    ADD CONSTRAINT ledger_account_balance
    CHECK ((owner_id IS NULL) = (balance IS NULL) AND CASE
        WHEN balance IS NULL OR kind = 'AFFILIATE_PAYABLE' THEN true
        WHEN kind LIKE '%\_RECEIVABLE' THEN balance <= 0
        ELSE balance >= 0 END);
