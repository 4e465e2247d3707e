-- Spends of any accounts in one statement. docs/decisions/0034

-- One row for each spend, in their order. Status: DONE; KNOWN, the same key and request did it
-- before; CONFLICT, another request has the key; REFUSED, with what is available; LIMITED, by the
-- limit of tokens whose id stands in place of the entry's.
--
-- What is read of all accounts is read at once, what is to be written is gathered in arrays, and
-- each table is then written by one statement: a row costs half of what it costs by itself.
CREATE FUNCTION spend_tokens_batch(
    owners uuid[], amounts bigint[], agents uuid[], api_keys uuid[], reasons text[],
    unlimited boolean[], keys text[], requests text[], hashes bytea[],
    business_at timestamptz, posted_at timestamptz
) RETURNS TABLE (spend integer, status text, entry_id uuid, balance_after bigint)
LANGUAGE plpgsql AS $$
DECLARE
    s record;
    n integer;
    i integer;
    owner uuid;
    balance bigint;
    in_wallet bigint;
    available bigint;
    rest bigint;
    part bigint;
    added integer;
    has_due boolean;
    has_limits boolean;
    met_limit uuid;
    -- The accounts' grants in burn order, and what is taken of each; `first` is the account's first.
    first integer := 1;
    grant_owners uuid[];
    grant_ids uuid[];
    grant_agents uuid[];
    grant_lefts bigint[];
    grant_taken bigint[];
    -- What is taken, grant by grant.
    made integer := 0;
    entry_spends integer[] := '{}';
    made_ids uuid[] := '{}';
    entry_grants uuid[] := '{}';
    entry_pools text[] := '{}';
    entry_amounts bigint[] := '{}';
    entry_balances bigint[] := '{}';
    -- What was done, and by which key, of the account and of all.
    used_keys text[];
    used_by integer[];
    done integer[] := '{}';
    booked bigint[] := '{}';
    statuses text[] := array_fill(NULL::text, ARRAY[cardinality(owners)]);
    entry_ids uuid[] := array_fill(NULL::uuid, ARRAY[cardinality(owners)]);
    balances bigint[] := array_fill(NULL::bigint, ARRAY[cardinality(owners)]);
BEGIN
    IF EXISTS (SELECT 1 FROM unnest(amounts) AS a (amount) WHERE a.amount IS NULL OR a.amount <= 0)
    THEN
        RAISE EXCEPTION 'a spend is of one token or more' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM lock_token_wallets(owners);
    LOOP
        SELECT array_agg(g.account), array_agg(g.id), array_agg(g.agent), array_agg(g.remaining),
            array_agg(0::bigint), bool_or(g.expires_at <= business_at)
            INTO grant_owners, grant_ids, grant_agents, grant_lefts, grant_taken, has_due
            FROM (SELECT * FROM token_grant
                WHERE account = ANY(owners) AND is_open AND remaining > 0
                ORDER BY account, agent IS NULL, expires_at NULLS LAST, is_paid, created_at, id) g;
        EXIT WHEN has_due IS NOT TRUE;
        PERFORM expire_due_tokens(owners, business_at, posted_at);
    END LOOP;
    has_limits := EXISTS (SELECT 1 FROM token_limit l WHERE l.account = ANY(owners));
    FOR s IN
        SELECT o.number::integer, o.owner, r.result_id, e.balance_after,
            r.request = requests[o.number] AND r.input_hash = hashes[o.number] AS is_known,
            coalesce(w.balance, 0) AS in_wallet, coalesce(d.balance, 0) AS owed
        FROM unnest(owners) WITH ORDINALITY AS o (owner, number)
        LEFT JOIN ledger_account w
            ON w.kind = 'TOKEN_WALLET' AND w.owner_id = o.owner AND w.asset = 'TOKEN'
        LEFT JOIN ledger_account d
            ON d.kind = 'TOKEN_RECEIVABLE' AND d.owner_id = o.owner AND d.asset = 'TOKEN'
        LEFT JOIN idempotency_record r ON r.account = o.owner AND r.key = keys[o.number]
        LEFT JOIN token_entry e ON e.id = r.result_id
        ORDER BY o.owner, o.number
    LOOP
        n := s.number;
        IF s.owner IS DISTINCT FROM owner THEN
            owner := s.owner;
            in_wallet := s.in_wallet;
            balance := s.in_wallet + s.owed;
            used_keys := '{}';
            used_by := '{}';
            WHILE grant_owners[first] < owner LOOP
                first := first + 1;
            END LOOP;
        END IF;
        IF s.result_id IS NOT NULL THEN
            statuses[n] := CASE WHEN s.is_known THEN 'KNOWN' ELSE 'CONFLICT' END;
            entry_ids[n] := CASE WHEN s.is_known THEN s.result_id END;
            balances[n] := CASE WHEN s.is_known THEN s.balance_after END;
            CONTINUE;
        END IF;
        i := used_by[array_position(used_keys, keys[n])];
        IF requests[i] = requests[n] AND hashes[i] = hashes[n] THEN
            statuses[n] := 'KNOWN';
            entry_ids[n] := entry_ids[i];
            balances[n] := balances[i];
            CONTINUE;
        ELSIF i IS NOT NULL THEN
            statuses[n] := 'CONFLICT';
            CONTINUE;
        END IF;
        available := in_wallet;
        i := first;
        WHILE grant_owners[i] = owner AND grant_agents[i] IS NOT NULL LOOP
            IF grant_agents[i] = agents[n] THEN
                available := available + grant_lefts[i];
            END IF;
            i := i + 1;
        END LOOP;
        rest := amounts[n];
        IF available < rest AND NOT unlimited[n] THEN
            statuses[n] := 'REFUSED';
            balances[n] := CASE WHEN available > 0 THEN available ELSE balance END;
            CONTINUE;
        END IF;
        IF has_limits AND num_nonnulls(agents[n], api_keys[n]) > 0 THEN
            SELECT r.limit_id INTO met_limit FROM reserve_token_limits(
                owner, agents[n], api_keys[n], rest, rest, business_at) AS r;
            IF met_limit IS NOT NULL THEN
                statuses[n] := 'LIMITED';
                entry_ids[n] := met_limit;
                CONTINUE;
            END IF;
        END IF;
        i := first;
        WHILE rest > 0 LOOP
            made := made + 1;
            entry_spends[made] := n;
            made_ids[made] := token_entry_id(made);
            IF unlimited[n] THEN
                part := rest;
                entry_grants[made] := NULL;
                entry_pools[made] := 'UNLIMITED';
                entry_balances[made] := balance;
            ELSE
                WHILE grant_lefts[i] = 0
                    OR (grant_agents[i] IS NOT NULL AND grant_agents[i] IS DISTINCT FROM agents[n])
                LOOP
                    i := i + 1;
                END LOOP;
                IF grant_owners[i] IS DISTINCT FROM owner THEN
                    RAISE EXCEPTION 'the grants of % are less than its wallet', owner;
                END IF;
                part := least(rest, grant_lefts[i]);
                grant_lefts[i] := grant_lefts[i] - part;
                grant_taken[i] := grant_taken[i] + part;
                entry_grants[made] := grant_ids[i];
                IF grant_agents[i] IS NULL THEN
                    in_wallet := in_wallet - part;
                    balance := balance - part;
                    entry_pools[made] := 'WALLET';
                    entry_balances[made] := balance;
                ELSE
                    entry_pools[made] := 'PROMOTION';
                    entry_balances[made] := grant_lefts[i];
                END IF;
            END IF;
            entry_amounts[made] := -part;
            rest := rest - part;
        END LOOP;
        used_keys := used_keys || keys[n];
        used_by := used_by || n;
        done := done || n;
        booked := booked || nextval('ledger_transaction_id_seq');
        statuses[n] := 'DONE';
        entry_ids[n] := made_ids[made];
        balances[n] := entry_balances[made];
    END LOOP;
    IF made > 0 THEN
        INSERT INTO idempotency_record (id, account, key, request, input_hash, result_id, created_at)
            SELECT gen_random_uuid(), owners[d], keys[d], requests[d], hashes[d], entry_ids[d],
                posted_at
            FROM unnest(done) AS d ON CONFLICT DO NOTHING;
        GET DIAGNOSTICS added = ROW_COUNT;
        IF added < cardinality(done) THEN
            RAISE EXCEPTION 'another request has used an idempotency key meanwhile'
                USING ERRCODE = 'serialization_failure';
        END IF;
        -- Until this commits, no seal is drawn past its entries (ledger.sql).
        PERFORM pg_advisory_xact_lock_shared(7233011);
        INSERT INTO ledger_transaction (id, business_key, kind, account_id, business_at, posted_at)
            SELECT d.booked, 'token:spend:' || entry_ids[d.number], 'TOKEN_SPEND',
                owners[d.number], $10, $11
            FROM unnest(done, booked) AS d (number, booked);
        INSERT INTO token_entry (id, account_id, token_grant, kind, pool, amount, balance_after,
                reason, agent_id, api_key_id, ledger_transaction_id, created_at)
            SELECT m.id, owners[m.number], m.grant_id, 'SPEND', m.pool, m.amount, m.balance,
                reasons[m.number], agents[m.number], api_keys[m.number],
                booked[array_position(done, m.number)], $10
            FROM unnest(entry_spends, made_ids, entry_grants, entry_pools, entry_amounts,
                entry_balances) AS m (number, id, grant_id, pool, amount, balance);
        UPDATE token_grant g SET remaining = g.remaining - t.taken, spent = g.spent + t.taken,
            is_open = g.remaining - t.taken + g.held + g.debt > 0
            FROM unnest(grant_ids, grant_taken) AS t (id, taken) WHERE g.id = t.id AND t.taken > 0;
        WITH movement AS MATERIALIZED (
            SELECT m.number, token_pool_account(m.pool) AS kind, sum(m.amount)::bigint AS amount
            FROM unnest(entry_spends, entry_pools, entry_amounts) AS m (number, pool, amount)
            GROUP BY 1, 2
        ), owned AS (
            UPDATE ledger_account a SET balance = a.balance + c.amount
            FROM (SELECT owners[m.number] AS owner, m.kind, sum(m.amount)::bigint AS amount
                FROM movement m WHERE m.kind <> 'TOKENS_ISSUED' GROUP BY 1, 2) c
            WHERE a.kind = c.kind AND a.owner_id = c.owner AND a.asset = 'TOKEN'
            RETURNING a.id, a.kind, a.owner_id
        )
        INSERT INTO ledger_entry (transaction_id, ledger_account_id, account_id, amount)
            SELECT d.booked, common_ledger_account('TOKENS_SPENT', 'TOKEN'), owners[d.number],
                amounts[d.number]
            FROM unnest(done, booked) AS d (number, booked)
            UNION ALL
            SELECT booked[array_position(done, m.number)],
                coalesce(o.id, common_ledger_account('TOKENS_ISSUED', 'TOKEN')),
                owners[m.number], m.amount
            FROM movement m LEFT JOIN owned o ON o.kind = m.kind AND o.owner_id = owners[m.number];
    END IF;
    RETURN QUERY SELECT number, statuses[number], entry_ids[number], balances[number]
        FROM generate_subscripts(owners, 1) AS number ORDER BY number;
END $$;
