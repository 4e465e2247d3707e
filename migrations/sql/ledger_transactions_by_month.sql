-- docs/decisions/0099. Postings that run are waited for, others wait: for a moment.
SELECT pg_advisory_xact_lock(7233011);
LOCK TABLE ledger_transaction IN ACCESS EXCLUSIVE MODE;
LOCK TABLE ledger_entry IN ACCESS EXCLUSIVE MODE;

DO $$
BEGIN
    DROP TRIGGER ledger_transaction_key ON ledger_transaction;
    DROP FUNCTION copy_ledger_key();
    DROP TRIGGER ledger_transaction_append_only ON ledger_transaction;
    DROP FUNCTION book_tokens(ledger_transaction[], token_entry[]);
END $$;
SELECT pg_temp.swap_by_id('ledger_transaction');

-- Transactions as they are found by their keys: whatever looks for one without knowing its month.
CREATE VIEW keyed_transaction AS
SELECT k.business_key, t.id, t.kind, t.account_id, t.subject_id, t.operation_id, t.business_at,
    t.posted_at
FROM ledger_key k
JOIN ledger_transaction t ON t.id = k.transaction_id AND t.business_key = k.business_key;

-- Functions that write transactions of tokens or look for them, by keys.
DO $$
DECLARE
    f record;
BEGIN
    SELECT pg_get_functiondef(oid) AS made INTO STRICT f FROM pg_proc
        WHERE proname = 'book_tokens' AND pronamespace = 'public'::regnamespace
            AND prosrc LIKE '%INSERT INTO ledger_transaction SELECT * FROM unnest(transactions);%';
    EXECUTE replace(f.made, 'INSERT INTO ledger_transaction SELECT * FROM unnest(transactions);',
    'INSERT INTO ledger_key (business_key, account_id, transaction_id)
        SELECT t.business_key, t.account_id, t.id FROM unnest(transactions) t;
    INSERT INTO ledger_transaction SELECT * FROM unnest(transactions);');
    FOR f IN
        SELECT pg_get_functiondef(oid) AS made FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace
            AND prosrc LIKE '%FROM ledger_transaction t JOIN token_entry e%'
    LOOP
        EXECUTE replace(f.made,
            'FROM ledger_transaction t JOIN token_entry e ON e.ledger_transaction_id = t.id',
            'FROM ledger_key t JOIN token_entry e ON e.ledger_transaction_id = t.transaction_id');
    END LOOP;
END $$;
