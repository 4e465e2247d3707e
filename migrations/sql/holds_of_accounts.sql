-- As close_token_hold (tokens.sql), which older processes call, but given the account: each of its
-- statements stays on the node of the account's rows (docs/scaling.md).
CREATE FUNCTION end_token_hold(
    owner uuid, hold_id uuid, new_status text, wanted bigint, unlimited boolean, new_reason text,
    business_at timestamptz, posted_at timestamptz
) RETURNS SETOF token_hold LANGUAGE plpgsql AS $$
DECLARE
    hold token_hold;
    slice token_entry;
    booked ledger_transaction;
    base token_entry;
    part bigint;
    rest bigint;
    left_of_grant bigint;
    balance bigint;
    entries token_entry[] := '{}';
BEGIN
    SELECT * INTO hold FROM token_hold WHERE id = hold_id AND account = owner;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    PERFORM lock_token_wallet(owner, business_at, posted_at);
    SELECT * INTO hold FROM token_hold WHERE id = hold_id AND account = owner FOR NO KEY UPDATE;
    IF hold.status <> 'OPEN' THEN
        RETURN NEXT hold;
        RETURN;
    END IF;
    booked := token_transaction(
        CASE new_status WHEN 'SETTLED' THEN 'TOKEN_SETTLE' ELSE 'TOKEN_RELEASE' END,
        'token:close:' || hold_id, owner, hold_id, business_at, posted_at);
    base := token_entry_base(owner, booked.id, coalesce(new_reason, hold.reason), business_at);
    base.execution_id := hold_id;
    base.agent_id := hold.agent_id;
    base.api_key_id := hold.api_key_id;
    balance := token_balance(owner);
    rest := least(wanted, hold.most);
    FOR slice IN SELECT * FROM token_entry
        WHERE execution_id = hold_id AND account_id = owner AND kind = 'HOLD' ORDER BY id
    LOOP
        part := least(rest, -slice.amount);
        rest := rest - part;
        IF slice.pool = 'WALLET' THEN
            balance := balance - slice.amount;
            left_of_grant := balance;
        ELSE
            SELECT remaining - slice.amount INTO left_of_grant FROM token_grant
                WHERE id = slice.token_grant AND account = owner;
        END IF;
        entries := entries || token_change(base, cardinality(entries), 'RELEASE',
            slice.token_grant, slice.pool, -slice.amount, left_of_grant);
        IF part > 0 THEN
            balance := balance - CASE slice.pool WHEN 'WALLET' THEN part ELSE 0 END;
            entries := entries || token_change(base, cardinality(entries), 'SPEND',
                slice.token_grant, slice.pool, -part, left_of_grant - part);
        END IF;
    END LOOP;
    IF rest > 0 AND (hold.is_unlimited OR unlimited) AND hold.only_grant IS NULL THEN
        entries := entries || token_change(
            base, cardinality(entries), 'SPEND', NULL, 'UNLIMITED', -rest, balance);
        rest := 0;
    ELSIF rest > 0 THEN
        part := cardinality(entries);
        entries := entries || take_tokens(base, cardinality(entries), 'SPEND', rest,
            hold.agent_id, hold.only_grant, balance);
        rest := rest + sum_tokens(entries[part::integer + 1:]);
    END IF;
    UPDATE token_hold SET status = new_status, used = least(wanted, most) - rest,
        capped = least(wanted, most) - rest < wanted, finished_at = business_at
        WHERE id = hold_id AND account = owner RETURNING * INTO hold;
    IF cardinality(entries) > 0 THEN
        PERFORM book_tokens(ARRAY[booked], entries);
        PERFORM expire_due_tokens(ARRAY[owner], business_at, posted_at);
        PERFORM fill_token_debts(owner, business_at, posted_at);
    END IF;
    RETURN NEXT hold;
END $$;
