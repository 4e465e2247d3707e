-- docs/decisions/0099. Postings that run are waited for, others wait: for a moment.
SELECT pg_advisory_xact_lock(7233011);
LOCK TABLE ledger_transaction IN ACCESS EXCLUSIVE MODE;
LOCK TABLE ledger_entry IN ACCESS EXCLUSIVE MODE;

DO $$
BEGIN
    DROP TRIGGER ledger_entry_append_only ON ledger_entry;
    DROP TRIGGER ledger_entry_balances ON ledger_entry;
END $$;
SELECT pg_temp.swap_by_id('ledger_entry');
CREATE TRIGGER ledger_entry_balances AFTER INSERT ON ledger_entry
    REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION require_balance();

SELECT add_months('ledger_entry', ends_at + interval '6 months') FROM list_months('ledger_entry');

-- The highest entry below which nothing is under way. Waits for running postings; as a statement of
-- its own it lets the next ones go on as soon as it has read.
--
-- While none runs it also turns to the next month: both sequences go on at the first id of the month
-- of this business time, or of the last month before it that was made. Whatever the clock of a
-- posting says, its transaction and its entries are of the month that was turned to last.
DO $$
BEGIN
    DROP FUNCTION last_final_entry();
END $$;
CREATE FUNCTION last_final_entry(business_at timestamptz DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    wanted bigint;
BEGIN
    SELECT first_id_of(max(starts_at)) INTO wanted
        FROM list_months('ledger_transaction'::regclass) t
        JOIN list_months('ledger_entry'::regclass) e USING (starts_at)
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
