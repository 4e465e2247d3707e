-- A grant expires now, once: what was left of it. What is held of it may still be used; with
-- `keeps_held` what comes back of that lasts as long as the grant did.
DROP FUNCTION end_token_grant(uuid, text, text, timestamptz, timestamptz);
CREATE FUNCTION end_token_grant(
    grant_id uuid, end_key text, new_reason text, business_at timestamptz, posted_at timestamptz,
    keeps_held boolean DEFAULT false
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    g token_grant;
    booked ledger_transaction;
    base token_entry;
    ended bigint;
    pool text;
    balance bigint := 0;
BEGIN
    SELECT * INTO STRICT g FROM token_grant WHERE id = grant_id;
    PERFORM lock_token_wallet(g.account, business_at, posted_at);
    SELECT -sum(e.amount) INTO ended
        FROM ledger_transaction t JOIN token_entry e ON e.ledger_transaction_id = t.id
        WHERE t.business_key = 'token:end:' || end_key AND e.token_grant = grant_id;
    IF ended IS NOT NULL THEN
        RETURN ended;
    END IF;
    UPDATE token_grant SET expires_at = CASE WHEN keeps_held AND held > 0 THEN expires_at
            ELSE least(coalesce(expires_at, business_at), business_at) END
        WHERE id = grant_id RETURNING * INTO g;
    IF g.remaining = 0 THEN
        RETURN 0;
    END IF;
    pool := CASE WHEN g.agent IS NULL THEN 'WALLET' ELSE 'PROMOTION' END;
    booked := token_transaction(
        'TOKEN_EXPIRE', 'token:end:' || end_key, g.account, g.id, business_at, posted_at);
    base := token_entry_base(g.account, booked.id, new_reason, business_at);
    IF g.agent IS NULL THEN
        balance := token_balance(g.account) - g.remaining;
    END IF;
    PERFORM book_tokens(ARRAY[booked],
        ARRAY[token_change(base, 0, 'EXPIRE', g.id, pool, -g.remaining, balance)]);
    RETURN g.remaining;
END $$;
