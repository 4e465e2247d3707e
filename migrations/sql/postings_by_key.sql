-- Before transactions are split. A posting that begins meanwhile waits in its first statement and goes
-- on with this text, which names no constraint of the table. docs/decisions/0099

-- A posting in one statement: false when its business key is booked already, in whatever month.
-- Accounts are found or opened and owned balances changed in one order, so that two postings cannot
-- wait for each other.
CREATE OR REPLACE FUNCTION post_transaction(
    business_key text, kind text, account_id uuid, subject_id uuid, operation_id uuid,
    business_at timestamptz, posted_at timestamptz,
    kinds text[], owners uuid[], assets text[], amounts bigint[]
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    booked_id bigint;
    entry record;
    found_id uuid;
    found_ids uuid[] := '{}';
    ordered bigint[] := '{}';
BEGIN
    -- Before ids are taken: they are of one month, and until this commits no seal is drawn past them.
    PERFORM pg_advisory_xact_lock_shared(7233011);
    INSERT INTO ledger_key AS k (business_key, account_id, transaction_id)
        VALUES ($1, $3, nextval('ledger_transaction_id_seq'))
        ON CONFLICT ON CONSTRAINT ledger_key_pkey DO NOTHING
        RETURNING k.transaction_id INTO booked_id;
    IF booked_id IS NULL THEN
        RETURN false;
    END IF;
    INSERT INTO ledger_transaction
        (id, business_key, kind, account_id, subject_id, operation_id, business_at, posted_at)
        VALUES (booked_id, $1, $2, $3, $4, $5, $6, $7);
    FOR entry IN SELECT e.* FROM unnest(kinds, owners, assets, amounts)
        AS e (kind, owner_id, asset, amount) ORDER BY e.kind, e.owner_id, e.asset
    LOOP
        IF entry.owner_id IS NULL THEN
            found_id := common_ledger_account(entry.kind, entry.asset);
        ELSE
            found_id := add_to_balance(entry.kind, entry.owner_id, entry.asset, entry.amount);
        END IF;
        found_ids := found_ids || found_id;
        ordered := ordered || entry.amount;
    END LOOP;
    INSERT INTO ledger_entry (transaction_id, ledger_account_id, account_id, amount)
        SELECT booked_id, e.found, $3, e.amount FROM unnest(found_ids, ordered) AS e (found, amount);
    RETURN true;
END $$;
