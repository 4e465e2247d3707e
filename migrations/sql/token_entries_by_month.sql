-- Entries of tokens by the months of their ledger transactions, in a moment: postings that run are
-- waited for, others wait; what there was is the first month. docs/decisions/0106
SELECT pg_advisory_xact_lock(7233011);
LOCK TABLE token_entry IN ACCESS EXCLUSIVE MODE;

DO $$
DECLARE
    boundary text;
BEGIN
    DROP TRIGGER token_entry_append_only ON token_entry;
    DROP FUNCTION book_tokens(new_transaction[], token_entry[]);
    DROP FUNCTION sum_tokens(token_entry[]);
    DROP FUNCTION take_tokens(token_entry, integer, text, bigint, uuid, uuid, bigint);
    DROP FUNCTION token_change(token_entry, integer, text, uuid, text, bigint, bigint);
    DROP FUNCTION token_entry_base(uuid, bigint, text, timestamptz);
    SELECT substring(pg_get_constraintdef(oid) FROM '(\d{12,})') INTO STRICT boundary
        FROM pg_constraint WHERE conname = 'token_entry_before' AND convalidated;
    ALTER TABLE token_entry RENAME TO token_entry_before;
    ALTER TABLE token_entry_before SET SCHEMA months;
    ALTER TABLE months.token_entry_before DROP CONSTRAINT token_entry_pkey,
        ADD CONSTRAINT token_entry_before_pkey PRIMARY KEY USING INDEX token_entry_month_key;
    CREATE TABLE token_entry (LIKE months.token_entry_before INCLUDING DEFAULTS
        INCLUDING CONSTRAINTS INCLUDING STORAGE, PRIMARY KEY (id, ledger_transaction_id))
        PARTITION BY RANGE (ledger_transaction_id);
    ALTER TABLE token_entry DROP CONSTRAINT token_entry_before,
        ADD CONSTRAINT token_entry_token_grant_fkey FOREIGN KEY (token_grant)
            REFERENCES token_grant ON UPDATE CASCADE ON DELETE RESTRICT;
    CREATE INDEX token_entry_token_grant ON token_entry (token_grant);
    CREATE INDEX token_entry_account ON token_entry (account_id, id);
    CREATE INDEX token_entry_unlimited ON token_entry (account_id, created_at) INCLUDE (amount)
        WHERE pool = 'UNLIMITED';
    CREATE INDEX token_entry_execution ON token_entry (execution_id)
        WHERE execution_id IS NOT NULL;
    CREATE INDEX token_entry_month ON token_entry (account_id, created_at, id);
    CREATE TRIGGER token_entry_append_only BEFORE UPDATE OR DELETE ON token_entry
        FOR EACH ROW EXECUTE FUNCTION refuse_token_entry_change();
    REVOKE UPDATE, DELETE ON token_entry FROM chenu_app; -- of columns as well
    GRANT SELECT, INSERT, UPDATE (reason) ON token_entry TO chenu_app;
    EXECUTE format('ALTER TABLE token_entry ATTACH PARTITION months.token_entry_before'
        ' FOR VALUES FROM (MINVALUE) TO (%L)', boundary);
    PERFORM add_months('token_entry', month_of_id(boundary::bigint) + interval '6 months');
END $$;

-- As before, and a month is turned to only where entries of tokens have their place in it too.
CREATE OR REPLACE FUNCTION last_final_entry(business_at timestamptz DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    wanted bigint;
BEGIN
    SELECT first_id_of(max(starts_at)) INTO wanted
        FROM list_months('ledger_transaction'::regclass) t
        JOIN list_months('ledger_entry'::regclass) e USING (starts_at)
        JOIN list_months('token_entry'::regclass) k USING (starts_at)
        WHERE starts_at <= business_at;
    PERFORM pg_advisory_xact_lock(7233011);
    IF wanted > (SELECT last_value FROM ledger_transaction_id_seq) THEN
        PERFORM setval('ledger_transaction_id_seq', wanted, false);
    END IF;
    IF wanted > (SELECT last_value FROM ledger_entry_id_seq) THEN
        PERFORM setval('ledger_entry_id_seq', wanted, false);
    END IF;
    RETURN coalesce((SELECT max(id) FROM ledger_entry), 0);
END $$;
