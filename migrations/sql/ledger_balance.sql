-- Entries balance as soon as they are inserted, all of a statement in one look: it was one look for
-- each entry, at commit. Every posting inserts its entries by one statement. docs/decisions/0034

DROP TRIGGER ledger_entry_balances ON ledger_entry;
DROP FUNCTION require_balance();

CREATE FUNCTION require_balance() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    unbalanced bigint;
BEGIN
    SELECT e.transaction_id INTO unbalanced
        FROM inserted e JOIN ledger_account a ON a.id = e.ledger_account_id
        GROUP BY e.transaction_id, a.asset HAVING sum(e.amount) <> 0 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'ledger transaction % does not balance', unbalanced
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER ledger_entry_balances AFTER INSERT ON ledger_entry
    REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION require_balance();
