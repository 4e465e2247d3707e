-- Append-only, balanced books. docs/money.md

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER ledger_transaction_append_only BEFORE UPDATE OR DELETE ON ledger_transaction
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_entry_append_only BEFORE UPDATE OR DELETE ON ledger_entry
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_seal_append_only BEFORE UPDATE OR DELETE ON ledger_seal
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_event_append_only BEFORE UPDATE OR DELETE ON audit_event
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE FUNCTION require_balance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM ledger_entry e JOIN ledger_account a ON a.id = e.ledger_account_id
        WHERE e.transaction_id = NEW.transaction_id GROUP BY a.asset HAVING sum(e.amount) <> 0
    ) THEN
        RAISE EXCEPTION 'ledger transaction % does not balance', NEW.transaction_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER ledger_entry_balances AFTER INSERT ON ledger_entry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION require_balance();

CREATE UNIQUE INDEX ledger_account_meaning ON ledger_account (kind, owner_id, asset)
    NULLS NOT DISTINCT;
ALTER TABLE ledger_account ADD CONSTRAINT ledger_account_balance
    CHECK ((owner_id IS NULL) = (balance IS NULL) AND CASE
        WHEN balance IS NULL THEN true
        WHEN kind LIKE '%\_RECEIVABLE' THEN balance <= 0
        ELSE balance >= 0 END);
ALTER TABLE ledger_entry ADD CONSTRAINT ledger_entry_amount CHECK (amount <> 0);
ALTER TABLE ledger_check ADD CONSTRAINT ledger_check_once CHECK (id = 1);

-- A posting in one statement: false when its business key is booked already. Accounts are found or
-- opened and owned balances changed in one order, so that two postings cannot wait for each other.
CREATE FUNCTION post_transaction(
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
    -- Until this commits, no seal is drawn past its entries: ids are handed out before commit.
    PERFORM pg_advisory_xact_lock_shared(7233011);
    INSERT INTO ledger_transaction AS t
        (business_key, kind, account_id, subject_id, operation_id, business_at, posted_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT ON CONSTRAINT ledger_transaction_business_key_key DO NOTHING
        RETURNING t.id INTO booked_id;
    IF booked_id IS NULL THEN
        RETURN false;
    END IF;
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

CREATE FUNCTION common_ledger_account(wanted_kind text, wanted_asset text) RETURNS uuid
LANGUAGE plpgsql AS $$
DECLARE
    found_id uuid;
BEGIN
    LOOP
        SELECT id INTO found_id FROM ledger_account
            WHERE kind = wanted_kind AND owner_id IS NULL AND asset = wanted_asset;
        IF FOUND THEN
            RETURN found_id;
        END IF;
        INSERT INTO ledger_account (id, kind, asset) VALUES (gen_random_uuid(), wanted_kind, wanted_asset)
            ON CONFLICT (kind, owner_id, asset) DO NOTHING;
    END LOOP;
END $$;

CREATE FUNCTION add_to_balance(wanted_kind text, owner uuid, wanted_asset text, amount bigint)
RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    found_id uuid;
BEGIN
    UPDATE ledger_account SET balance = balance + amount
        WHERE kind = wanted_kind AND owner_id = owner AND asset = wanted_asset
        RETURNING id INTO found_id;
    IF found_id IS NULL THEN
        -- Not an upsert from the start: a debit's row would fail the check of balances by itself.
        INSERT INTO ledger_account AS a (id, kind, owner_id, asset, balance)
            VALUES (gen_random_uuid(), wanted_kind, owner, wanted_asset, amount)
            ON CONFLICT (kind, owner_id, asset) DO UPDATE SET balance = a.balance + excluded.balance
            RETURNING id INTO found_id;
    END IF;
    RETURN found_id;
END $$;

-- The highest entry below which nothing is under way. Waits for running postings; as a statement of
-- its own it lets the next ones go on as soon as it has read.
CREATE FUNCTION last_final_entry() RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(7233011);
    RETURN coalesce((SELECT max(id) FROM ledger_entry), 0);
END $$;
