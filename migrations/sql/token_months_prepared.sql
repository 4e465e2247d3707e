-- Entries of tokens are split by the months of their ledger transactions, in three steps, while
-- everybody works. This one is the first: what there is promises to be of the first month, and
-- functions hand entries on as a type of their own, because a table's type goes with the table when
-- that becomes a month. docs/decisions/0106

DO $$
DECLARE
    ahead interval;
    newest timestamptz;
BEGIN
    SELECT make_interval(secs => coalesce(max(offset_seconds), 0)) INTO ahead FROM business_clock;
    SELECT month_of_id(max(id)) INTO newest FROM ledger_transaction;
    EXECUTE format('ALTER TABLE token_entry ADD CONSTRAINT token_entry_before'
        ' CHECK (ledger_transaction_id < %L) NOT VALID',
        first_id_of(greatest(newest, now() + ahead) + interval '62 days'));
END $$;

-- An entry of tokens that is to be booked: its columns are the table's, in their order.
CREATE TYPE new_token_entry AS (
    id uuid, account_id uuid, token_grant uuid, kind text, pool text, amount bigint,
    balance_after bigint, reason text, execution_id uuid, agent_id uuid, api_key_id uuid,
    ledger_transaction_id bigint, created_at timestamptz
);

-- Calls that run now go on with the functions that they began with, of which no name is lost: what
-- takes or gives an entry of the new type has a name or arguments of its own.
CREATE FUNCTION begin_token_entry(
    account_id uuid, transaction_id bigint, reason text, business_at timestamptz
) RETURNS new_token_entry LANGUAGE plpgsql AS $$
DECLARE
    base new_token_entry;
BEGIN
    base.account_id := account_id;
    base.ledger_transaction_id := transaction_id;
    base.reason := reason;
    base.created_at := business_at;
    RETURN base;
END $$;

DO $$
DECLARE
    f record;
BEGIN
    FOR f IN
        SELECT pg_get_functiondef(oid) AS made FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace AND prokind = 'f'
            AND proname <> 'token_entry_base'
            AND pg_get_functiondef(oid) ~ '\m(base|slice|entries|RETURNS) token_entry\M'
    LOOP
        EXECUTE replace(regexp_replace(f.made,
            '\m(base|slice|entries|RETURNS) token_entry\M', '\1 new_token_entry', 'g'),
            'token_entry_base(', 'begin_token_entry(');
    END LOOP;
    SELECT pg_get_functiondef(oid) AS made INTO STRICT f FROM pg_proc
        WHERE proname = 'spend_tokens_batch' AND pronamespace = 'public'::regnamespace
            AND prosrc LIKE '%o.owner, r.result_id, e.balance_after,%'
            AND prosrc LIKE '%LEFT JOIN token_entry e ON e.id = r.result_id%'
            AND prosrc LIKE '%balances[n] := CASE WHEN s.is_known THEN s.balance_after END;%';
    -- A spend that is repeated is rare: only it looks for its entry, in all months.
    EXECUTE replace(replace(replace(f.made,
        'o.owner, r.result_id, e.balance_after,', 'o.owner, r.result_id,'),
        E'        LEFT JOIN token_entry e ON e.id = r.result_id\n', ''),
        'balances[n] := CASE WHEN s.is_known THEN s.balance_after END;',
        'IF s.is_known THEN
                balances[n] := (SELECT e.balance_after FROM token_entry e
                    WHERE e.account_id = owner AND e.id = s.result_id);
            END IF;');
END $$;
