-- What pgbench calls: one spend in one function, with the rows and rules of the product's own.
CREATE OR REPLACE FUNCTION bench_spend(
    owner uuid, amount bigint, reason text, key text, request text, input_hash bytea
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    wallet record;
    known record;
    g record;
    entry uuid;
    booked bigint;
    rest bigint := $2;
    part bigint;
BEGIN
    SELECT a.id, a.balance INTO wallet FROM ledger_account a
        WHERE a.kind = 'TOKEN_WALLET' AND a.owner_id = $1 AND a.asset = 'TOKEN'
        FOR NO KEY UPDATE;
    SELECT r.request, r.input_hash INTO known FROM idempotency_record r
        WHERE r.account = $1 AND r.key = $4;
    IF FOUND THEN
        RETURN CASE WHEN (known.request, known.input_hash) = ($5, $6) THEN 'KNOWN' ELSE 'CONFLICT' END;
    ELSIF coalesce(wallet.balance, 0) < $2 THEN
        RETURN 'REFUSED';
    END IF;
    PERFORM pg_advisory_xact_lock_shared(7233011);
    booked := nextval('ledger_transaction_id_seq');
    FOR g IN SELECT t.id, t.remaining FROM token_grant t
        WHERE t.account = $1 AND t.is_open AND t.remaining > 0 AND t.agent IS NULL
            AND (t.expires_at IS NULL OR t.expires_at > now())
        ORDER BY t.expires_at NULLS LAST, t.is_paid, t.created_at, t.id
    LOOP
        part := least(rest, g.remaining);
        rest := rest - part;
        wallet.balance := wallet.balance - part;
        UPDATE token_grant t SET remaining = t.remaining - part, spent = t.spent + part,
            is_open = t.remaining - part + t.held + t.debt > 0 WHERE t.id = g.id;
        entry := gen_random_uuid();
        INSERT INTO token_entry (id, account_id, token_grant, kind, pool, amount, balance_after,
                reason, ledger_transaction_id, created_at)
            VALUES (entry, $1, g.id, 'SPEND', 'WALLET', -part, wallet.balance, $3, booked, now());
        EXIT WHEN rest = 0;
    END LOOP;
    INSERT INTO ledger_transaction (id, business_key, kind, account_id, business_at, posted_at)
        VALUES (booked, 'token:spend:' || entry, 'TOKEN_SPEND', $1, now(), now());
    UPDATE ledger_account a SET balance = wallet.balance WHERE a.id = wallet.id;
    INSERT INTO ledger_entry (transaction_id, ledger_account_id, account_id, amount)
        SELECT booked, wallet.id, $1, -$2
        UNION ALL SELECT booked, a.id, $1, $2 FROM ledger_account a
            WHERE a.kind = 'TOKENS_SPENT' AND a.owner_id IS NULL AND a.asset = 'TOKEN';
    INSERT INTO idempotency_record (id, account, key, request, input_hash, result_id, created_at)
        VALUES (gen_random_uuid(), $1, $4, $5, $6, entry, now());
    RETURN 'DONE';
END $$;
