-- The books are split by month in five steps, while everybody works. This one is the first: from
-- now on each key is written down beside as well, and what there is promises to be of the first
-- month. docs/decisions/0099

-- Books change in this order everywhere: transactions, then entries.
LOCK TABLE ledger_transaction IN ACCESS EXCLUSIVE MODE;
LOCK TABLE ledger_entry IN ACCESS EXCLUSIVE MODE;

CREATE TRIGGER ledger_key_append_only BEFORE UPDATE OR DELETE ON ledger_key
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON ledger_key FROM chenu_app;

-- Until transactions are split, when functions write their keys themselves. A spend's key is of a
-- fresh id, which nobody looks for: it is unique by construction and stands nowhere else.
CREATE FUNCTION copy_ledger_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ledger_key (business_key, account_id, transaction_id)
        VALUES (NEW.business_key, NEW.account_id, NEW.id) ON CONFLICT (business_key) DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER ledger_transaction_key AFTER INSERT ON ledger_transaction FOR EACH ROW
    WHEN (NOT starts_with(NEW.business_key, 'token:spend:')) EXECUTE FUNCTION copy_ledger_key();

DO $$
DECLARE
    ahead interval;
    newest timestamptz;
    boundary bigint;
BEGIN
    SELECT make_interval(secs => coalesce(max(offset_seconds), 0)) INTO ahead FROM business_clock;
    SELECT business_at INTO newest FROM ledger_transaction ORDER BY id DESC LIMIT 1;
    boundary := first_id_of(greatest(newest, now() + ahead) + interval '62 days');
    EXECUTE format('ALTER TABLE ledger_transaction'
        ' ADD CONSTRAINT ledger_transaction_before CHECK (id < %L) NOT VALID', boundary);
    EXECUTE format('ALTER TABLE ledger_entry'
        ' ADD CONSTRAINT ledger_entry_before CHECK (id < %L) NOT VALID,'
        ' ADD CONSTRAINT ledger_entry_month'
        ' CHECK (id / 100000000000 = transaction_id / 100000000000) NOT VALID', boundary);
END $$;

-- A transaction of tokens that is to be booked: functions hand it on as a type of its own, because a
-- table's type goes with the table when that becomes a month.
CREATE TYPE new_transaction AS (
    id bigint, business_key text, kind text, account_id uuid, subject_id uuid, operation_id uuid,
    business_at timestamptz, posted_at timestamptz
);

DO $$
DECLARE
    f record;
BEGIN
    DROP FUNCTION token_transaction(text, text, uuid, uuid, timestamptz, timestamptz);
    FOR f IN
        SELECT pg_get_functiondef(oid) AS made FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace
            AND (prosrc ~ '\mbooked ledger_transaction;' OR proname = 'book_tokens')
    LOOP
        EXECUTE regexp_replace(f.made,
            '\m(booked|transactions) (public\.)?ledger_transaction\M', '\1 new_transaction', 'g');
    END LOOP;
    SELECT pg_get_functiondef(oid) AS made INTO STRICT f FROM pg_proc
        WHERE proname = 'spend_tokens_batch' AND pronamespace = 'public'::regnamespace
            AND prosrc LIKE '%PERFORM lock_token_wallets(owners);%';
    EXECUTE replace(f.made, 'PERFORM lock_token_wallets(owners);', 'PERFORM lock_token_wallets(owners);
    -- Before ids are taken: they are of one month, and until this commits no seal is drawn past them.
    PERFORM pg_advisory_xact_lock_shared(7233011);');
END $$;

CREATE FUNCTION token_transaction(
    kind text, business_key text, account_id uuid, subject_id uuid,
    business_at timestamptz, posted_at timestamptz
) RETURNS new_transaction LANGUAGE plpgsql AS $$
DECLARE
    made new_transaction;
BEGIN
    -- Before the id is taken: those of its entries are of the same month.
    PERFORM pg_advisory_xact_lock_shared(7233011);
    made.id := nextval('ledger_transaction_id_seq');
    made.kind := kind;
    made.business_key := business_key;
    made.account_id := account_id;
    made.subject_id := subject_id;
    made.business_at := business_at;
    made.posted_at := posted_at;
    RETURN made;
END $$;
