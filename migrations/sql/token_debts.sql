-- What is taken back of a grant, and what of it becomes a debt. docs/decisions/0033

DROP FUNCTION revoke_tokens(uuid, bigint, text, text, boolean, timestamptz, timestamptz);

-- Takes back up to `most` of what is left of a grant, once per business key. With `owe` so much of
-- the rest becomes a debt as the account had of it: spent, held, or used to repay another debt.
CREATE FUNCTION revoke_tokens(
    grant_id uuid, most bigint, revoke_key text, new_reason text, owe boolean,
    business_at timestamptz, posted_at timestamptz, OUT taken bigint, OUT owed bigint
) LANGUAGE plpgsql AS $$
DECLARE
    g token_grant;
    booked ledger_transaction;
    base token_entry;
    balance bigint;
    entries token_entry[] := '{}';
BEGIN
    SELECT * INTO STRICT g FROM token_grant WHERE id = grant_id;
    PERFORM lock_token_wallet(g.account, business_at, posted_at);
    SELECT -coalesce(sum(e.amount) FILTER (WHERE e.pool <> 'DEBT'), 0),
        -coalesce(sum(e.amount) FILTER (WHERE e.pool = 'DEBT'), 0) INTO taken, owed
        FROM ledger_transaction t JOIN token_entry e ON e.ledger_transaction_id = t.id
        WHERE t.business_key = 'token:revoke:' || revoke_key AND e.token_grant = grant_id
        HAVING count(*) > 0;
    IF FOUND THEN
        RETURN;
    END IF;
    SELECT * INTO STRICT g FROM token_grant WHERE id = grant_id;
    taken := least(most, g.remaining);
    owed := 0;
    IF owe THEN
        SELECT greatest(0, least(most - taken, g.held + g.spent
                - coalesce(sum(e.amount) FILTER (WHERE e.kind = 'ADJUST' AND e.pool <> 'DEBT'), 0)
                + coalesce(sum(e.amount) FILTER (WHERE e.kind = 'REVOKE' AND e.pool = 'DEBT'), 0)))
            INTO owed FROM token_entry e WHERE e.token_grant = grant_id;
    END IF;
    IF taken + owed = 0 THEN
        RETURN;
    END IF;
    booked := token_transaction('TOKEN_REVOKE', 'token:revoke:' || revoke_key, g.account, g.id,
        business_at, posted_at);
    base := token_entry_base(g.account, booked.id, new_reason, business_at);
    balance := token_balance(g.account);
    IF taken > 0 AND g.agent IS NULL THEN
        balance := balance - taken;
        entries := entries || token_change(base, 0, 'REVOKE', g.id, 'WALLET', -taken, balance);
    ELSIF taken > 0 THEN
        entries := entries
            || token_change(base, 0, 'REVOKE', g.id, 'PROMOTION', -taken, g.remaining - taken);
    END IF;
    IF owed > 0 THEN
        PERFORM open_token_account('TOKEN_RECEIVABLE', g.account);
        entries := entries
            || token_change(base, 1, 'REVOKE', g.id, 'DEBT', -owed, balance - owed);
    END IF;
    PERFORM book_tokens(ARRAY[booked], entries);
    PERFORM fill_token_debts(g.account, business_at, posted_at);
END $$;
