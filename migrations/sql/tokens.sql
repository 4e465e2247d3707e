-- Tokens: grants, entries and holds change only here, in the order of docs/decisions/0033. Each
-- function locks the account's wallet first, so that changes of one account follow one another.

ALTER TABLE token_grant SET (fillfactor = 80);
ALTER TABLE ledger_account SET (fillfactor = 80);
ALTER TABLE token_grant ADD CONSTRAINT token_grant_kind
        CHECK (kind IN ('MONTHLY', 'TRIAL', 'PACK', 'PACK_BONUS', 'PROMOTION', 'ADJUSTMENT')),
    ADD CONSTRAINT token_grant_agent CHECK (agent IS NULL OR kind = 'PROMOTION'),
    ADD CONSTRAINT token_grant_amounts CHECK (granted > 0 AND remaining >= 0 AND held >= 0
        AND debt >= 0 AND spent >= 0 AND remaining + held + spent <= granted AND debt <= granted),
    ADD CONSTRAINT token_grant_open CHECK (is_open OR remaining + held + debt = 0);
ALTER TABLE token_entry ADD CONSTRAINT token_entry_kind
        CHECK (kind IN ('GRANT', 'HOLD', 'SPEND', 'RELEASE', 'EXPIRE', 'REVOKE', 'ADJUST')),
    ADD CONSTRAINT token_entry_pool CHECK (pool IN ('WALLET', 'PROMOTION', 'DEBT', 'UNLIMITED')
        AND (pool = 'UNLIMITED') = (token_grant IS NULL)),
    ADD CONSTRAINT token_entry_amount CHECK (amount <> 0 AND (kind = 'ADJUST'
        OR (amount > 0) = (kind IN ('GRANT', 'RELEASE'))));
ALTER TABLE token_hold ADD CONSTRAINT token_hold_status
        CHECK (status IN ('OPEN', 'SETTLED', 'RELEASED')),
    ADD CONSTRAINT token_hold_amounts CHECK (most > 0 AND held BETWEEN 1 AND most
        AND coalesce(used, 0) BETWEEN 0 AND most);

CREATE INDEX token_grant_usable ON token_grant (account) WHERE is_open;
CREATE INDEX token_grant_due ON token_grant (expires_at) WHERE is_open;
CREATE INDEX token_entry_account ON token_entry (account_id, id);
CREATE INDEX token_entry_unlimited ON token_entry (account_id, created_at) INCLUDE (amount)
    WHERE pool = 'UNLIMITED';
CREATE INDEX token_entry_execution ON token_entry (execution_id) WHERE execution_id IS NOT NULL;
CREATE INDEX token_hold_account ON token_hold (account, status);
CREATE INDEX token_hold_due ON token_hold (expires_at) WHERE status = 'OPEN';

-- Entries stay as they are, except that a deletion blanks what the person wrote as a reason.
CREATE FUNCTION refuse_token_entry_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.reason = ''
        AND to_jsonb(NEW) - 'reason' = to_jsonb(OLD) - 'reason'
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER token_entry_append_only BEFORE UPDATE OR DELETE ON token_entry
    FOR EACH ROW EXECUTE FUNCTION refuse_token_entry_change();
REVOKE UPDATE, DELETE ON token_entry FROM chenu_app;
GRANT UPDATE (reason) ON token_entry TO chenu_app;
REVOKE DELETE ON token_grant, token_hold FROM chenu_app;

-- A UUIDv7 that also grows within a microsecond, by the number.
CREATE FUNCTION token_entry_id(number integer) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    at bigint := extract(epoch FROM clock_timestamp()) * 1000000;
BEGIN
    RETURN (lpad(to_hex(at / 1000), 12, '0') || '7' || lpad(to_hex(at % 1000), 3, '0')
        || to_hex(32768 + number % 16384) || right(gen_random_uuid()::text, 12))::uuid;
END $$;

-- The entry `base`, completed; `number` is its place in its batch.
CREATE FUNCTION token_change(
    base token_entry, number integer, kind text, grant_id uuid, pool text, amount bigint,
    balance_after bigint
) RETURNS token_entry LANGUAGE plpgsql AS $$
BEGIN
    base.id := token_entry_id(number);
    base.kind := kind;
    base.token_grant := grant_id;
    base.pool := pool;
    base.amount := amount;
    base.balance_after := balance_after;
    RETURN base;
END $$;

CREATE FUNCTION token_transaction(
    kind text, business_key text, account_id uuid, subject_id uuid,
    business_at timestamptz, posted_at timestamptz
) RETURNS ledger_transaction LANGUAGE plpgsql AS $$
DECLARE
    made ledger_transaction;
BEGIN
    made.id := nextval('ledger_transaction_id_seq');
    made.kind := kind;
    made.business_key := business_key;
    made.account_id := account_id;
    made.subject_id := subject_id;
    made.business_at := business_at;
    made.posted_at := posted_at;
    RETURN made;
END $$;

-- The ledger account of a pool, and the one that an entry of this kind moves tokens from or to.
CREATE FUNCTION token_pool_account(pool text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE pool WHEN 'WALLET' THEN 'TOKEN_WALLET' WHEN 'PROMOTION' THEN 'TOKEN_PROMOTION'
        WHEN 'DEBT' THEN 'TOKEN_RECEIVABLE' WHEN 'UNLIMITED' THEN 'TOKENS_ISSUED' END
$$;
CREATE FUNCTION token_counter_account(kind text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE kind WHEN 'GRANT' THEN 'TOKENS_ISSUED' WHEN 'SPEND' THEN 'TOKENS_SPENT'
        WHEN 'EXPIRE' THEN 'TOKENS_EXPIRED' WHEN 'REVOKE' THEN 'TOKENS_REVOKED'
        WHEN 'HOLD' THEN 'TOKEN_HOLDS' WHEN 'RELEASE' THEN 'TOKEN_HOLDS' END
$$;

CREATE FUNCTION open_token_account(wanted_kind text, owner uuid) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO ledger_account (id, kind, owner_id, asset, balance)
        SELECT gen_random_uuid(), wanted_kind, owner, 'TOKEN', 0 WHERE NOT EXISTS (
            SELECT 1 FROM ledger_account
            WHERE kind = wanted_kind AND owner_id = owner AND asset = 'TOKEN')
        ON CONFLICT (kind, owner_id, asset) DO NOTHING
$$;

-- Writes what was planned: entries, what is left of their grants, and balanced ledger transactions.
-- The wallets are locked, and the owned ledger accounts opened.
CREATE FUNCTION book_tokens(transactions ledger_transaction[], entries token_entry[])
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    -- Until this commits, no seal is drawn past its entries (ledger.sql).
    PERFORM pg_advisory_xact_lock_shared(7233011);
    INSERT INTO ledger_transaction SELECT * FROM unnest(transactions);
    INSERT INTO token_entry SELECT * FROM unnest(entries);
    UPDATE token_grant g SET remaining = g.remaining + c.remaining, held = g.held + c.held,
        debt = g.debt + c.debt, spent = g.spent + c.spent,
        is_open = g.remaining + c.remaining + g.held + c.held + g.debt + c.debt > 0
        FROM (SELECT e.token_grant AS id,
                sum(CASE WHEN e.pool = 'DEBT' THEN 0 ELSE e.amount END) AS remaining,
                sum(CASE WHEN e.kind IN ('HOLD', 'RELEASE') THEN -e.amount ELSE 0 END) AS held,
                sum(CASE WHEN e.pool = 'DEBT' THEN -e.amount ELSE 0 END) AS debt,
                sum(CASE WHEN e.kind = 'SPEND' THEN -e.amount ELSE 0 END) AS spent
            FROM unnest(entries) e WHERE e.token_grant IS NOT NULL GROUP BY 1) c
        WHERE g.id = c.id;
    WITH movement AS MATERIALIZED (
        SELECT side.transaction_id, side.account_id, side.kind, sum(side.amount) AS amount FROM (
            SELECT e.ledger_transaction_id AS transaction_id, e.account_id,
                token_pool_account(e.pool) AS kind, e.amount FROM unnest(entries) e
            UNION ALL
            SELECT e.ledger_transaction_id, e.account_id, token_counter_account(e.kind), -e.amount
                FROM unnest(entries) e WHERE e.kind <> 'ADJUST') side
        GROUP BY 1, 2, 3 HAVING sum(side.amount) <> 0
    ), owned AS (
        UPDATE ledger_account a SET balance = a.balance + c.amount
            FROM (SELECT m.account_id, m.kind, sum(m.amount) AS amount FROM movement m
                WHERE m.kind NOT LIKE 'TOKENS\_%' GROUP BY 1, 2) c
            WHERE a.kind = c.kind AND a.owner_id = c.account_id AND a.asset = 'TOKEN'
            RETURNING a.id, a.kind, a.owner_id
    ), common AS MATERIALIZED (
        SELECT k.kind, common_ledger_account(k.kind, 'TOKEN') AS id
            FROM (SELECT DISTINCT m.kind FROM movement m WHERE m.kind LIKE 'TOKENS\_%') k
    )
    INSERT INTO ledger_entry (transaction_id, ledger_account_id, account_id, amount)
        SELECT m.transaction_id, coalesce(o.id, c.id), m.account_id, m.amount FROM movement m
        LEFT JOIN owned o ON o.kind = m.kind AND o.owner_id = m.account_id
        LEFT JOIN common c ON c.kind = m.kind
        ORDER BY m.transaction_id, m.kind;
END $$;

-- What can be spent from the wallet, less its debts.
CREATE FUNCTION token_balance(owner uuid) RETURNS bigint LANGUAGE sql AS $$
    SELECT coalesce(sum(balance), 0)::bigint FROM ledger_account
        WHERE kind IN ('TOKEN_WALLET', 'TOKEN_RECEIVABLE') AND owner_id = owner AND asset = 'TOKEN'
$$;

CREATE FUNCTION read_token_wallet(owner uuid, business_at timestamptz,
    OUT available bigint, OUT promotional bigint, OUT held bigint, OUT has_due boolean)
LANGUAGE sql AS $$
    SELECT token_balance(owner),
        coalesce((SELECT a.balance FROM ledger_account a
            WHERE a.kind = 'TOKEN_PROMOTION' AND a.owner_id = owner AND a.asset = 'TOKEN'), 0),
        coalesce((SELECT sum(h.held) FROM token_hold h
            WHERE h.account = owner AND h.status = 'OPEN'), 0)::bigint,
        EXISTS (SELECT 1 FROM token_grant g WHERE g.account = owner AND g.is_open
            AND g.remaining > 0 AND g.expires_at <= business_at)
$$;

-- What was used of the budgets that run, and, where there is no limit, since the month began.
CREATE FUNCTION used_token_budget(owner uuid, month_began timestamptz, business_at timestamptz)
RETURNS bigint LANGUAGE sql AS $$
    SELECT coalesce((SELECT sum(g.spent) FROM token_grant g
            WHERE g.account = owner AND g.kind IN ('MONTHLY', 'TRIAL')
                AND g.created_at <= business_at AND g.expires_at > business_at), 0)::bigint
        - coalesce((SELECT sum(e.amount) FROM token_entry e
            WHERE e.account_id = owner AND e.pool = 'UNLIMITED' AND e.created_at >= month_began),
            0)::bigint
$$;

-- What a run of this agent may use, in burn order: what only this agent may use, then the earliest
-- expiry, free before bought, the oldest. Only of one grant, where it is named.
CREATE FUNCTION usable_token_grants(owner uuid, agent_id uuid, only_grant uuid)
RETURNS SETOF token_grant LANGUAGE sql AS $$
    SELECT g.* FROM token_grant g
        WHERE g.account = owner AND g.is_open AND g.remaining > 0
            AND (g.agent IS NULL OR g.agent = agent_id)
            AND (only_grant IS NULL OR g.id = only_grant)
        ORDER BY g.agent IS NULL, g.expires_at NULLS LAST, g.is_paid, g.created_at, g.id
$$;

-- Entries that take up to `most`, and no more than there is, in burn order.
CREATE FUNCTION take_tokens(
    base token_entry, number integer, kind text, most bigint, agent_id uuid, only_grant uuid,
    balance bigint
) RETURNS token_entry[] LANGUAGE plpgsql AS $$
DECLARE
    g token_grant;
    taken bigint;
    entries token_entry[] := '{}';
BEGIN
    FOR g IN SELECT * FROM usable_token_grants(base.account_id, agent_id, only_grant) LOOP
        EXIT WHEN most <= 0;
        taken := least(most, g.remaining);
        most := most - taken;
        IF g.agent IS NULL THEN
            balance := balance - taken;
            entries := entries || token_change(
                base, number + cardinality(entries), kind, g.id, 'WALLET', -taken, balance);
        ELSE
            entries := entries || token_change(base, number + cardinality(entries), kind, g.id,
                'PROMOTION', -taken, g.remaining - taken);
        END IF;
    END LOOP;
    RETURN entries;
END $$;

CREATE FUNCTION sum_tokens(entries token_entry[]) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(sum(e.amount), 0)::bigint FROM unnest(entries) e
$$;

CREATE FUNCTION token_entry_base(
    account_id uuid, transaction_id bigint, reason text, business_at timestamptz
) RETURNS token_entry LANGUAGE plpgsql AS $$
DECLARE
    base token_entry;
BEGIN
    base.account_id := account_id;
    base.ledger_transaction_id := transaction_id;
    base.reason := reason;
    base.created_at := business_at;
    RETURN base;
END $$;

-- What has expired, except what is held: a run may use what was reserved for it in time.
CREATE FUNCTION expire_due_tokens(
    owners uuid[], business_at timestamptz, posted_at timestamptz
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    g token_grant;
    booked ledger_transaction;
    base token_entry;
    seen uuid;
    balance bigint;
    transactions ledger_transaction[] := '{}';
    entries token_entry[] := '{}';
BEGIN
    FOR g IN SELECT * FROM token_grant
        WHERE account = ANY(owners) AND is_open AND remaining > 0 AND expires_at <= business_at
        ORDER BY account, expires_at, is_paid, created_at, id
    LOOP
        IF g.account IS DISTINCT FROM seen THEN
            seen := g.account;
            balance := token_balance(seen);
        END IF;
        booked := token_transaction('TOKEN_EXPIRE', 'token:expire:' || token_entry_id(0), g.account,
            g.id, business_at, posted_at);
        transactions := transactions || booked;
        base := token_entry_base(g.account, booked.id, 'Expired', business_at);
        IF g.agent IS NULL THEN
            balance := balance - g.remaining;
            entries := entries || token_change(
                base, cardinality(entries), 'EXPIRE', g.id, 'WALLET', -g.remaining, balance);
        ELSE
            entries := entries || token_change(
                base, cardinality(entries), 'EXPIRE', g.id, 'PROMOTION', -g.remaining, 0);
        END IF;
    END LOOP;
    IF cardinality(entries) > 0 THEN
        PERFORM book_tokens(transactions, entries);
    END IF;
    RETURN -sum_tokens(entries);
END $$;

-- In one order, so that two batches cannot wait for each other.
CREATE FUNCTION lock_token_wallets(owners uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM ledger_account
        WHERE kind = 'TOKEN_WALLET' AND owner_id = ANY(owners) AND asset = 'TOKEN'
        ORDER BY owner_id FOR NO KEY UPDATE;
END $$;

-- Every change of one account begins here: its wallet is there, locked, and without expired tokens.
CREATE FUNCTION lock_token_wallet(
    owner uuid, business_at timestamptz, posted_at timestamptz
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM open_token_account('TOKEN_WALLET', owner);
    PERFORM lock_token_wallets(ARRAY[owner]);
    PERFORM expire_due_tokens(ARRAY[owner], business_at, posted_at);
END $$;

-- Debts take what has just come into the wallet: the oldest grant's first.
CREATE FUNCTION fill_token_debts(
    owner uuid, business_at timestamptz, posted_at timestamptz
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    g token_grant;
    booked ledger_transaction;
    base token_entry;
    amount bigint;
    rest bigint;
    balance bigint;
    entries token_entry[] := '{}';
BEGIN
    SELECT least(coalesce(sum(debt), 0), coalesce(sum(remaining) FILTER (WHERE agent IS NULL), 0))
        INTO amount FROM token_grant WHERE account = owner AND is_open;
    IF amount = 0 THEN
        RETURN;
    END IF;
    booked := token_transaction('TOKEN_REPAY', 'token:repay:' || token_entry_id(0), owner, NULL,
        business_at, posted_at);
    base := token_entry_base(owner, booked.id, 'A debt of tokens was repaid', business_at);
    balance := token_balance(owner);
    rest := amount;
    FOR g IN SELECT * FROM token_grant WHERE account = owner AND is_open AND debt > 0
        ORDER BY created_at, id
    LOOP
        EXIT WHEN rest = 0;
        balance := balance + least(rest, g.debt);
        entries := entries || token_change(
            base, cardinality(entries), 'ADJUST', g.id, 'DEBT', least(rest, g.debt), balance);
        rest := rest - least(rest, g.debt);
    END LOOP;
    entries := entries || take_tokens(
        base, cardinality(entries), 'ADJUST', amount, NULL, NULL, balance);
    PERFORM book_tokens(ARRAY[booked], entries);
END $$;

-- A grant, once per business key; the grant's id.
CREATE FUNCTION grant_tokens(
    new_id uuid, owner uuid, new_kind text, only_agent uuid, new_is_paid boolean, amount bigint,
    new_expires_at timestamptz, new_source_id uuid, new_business_key text, new_reason text,
    business_at timestamptz, posted_at timestamptz
) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    found_id uuid;
    booked ledger_transaction;
    base token_entry;
    pool text := CASE WHEN only_agent IS NULL THEN 'WALLET' ELSE 'PROMOTION' END;
    balance bigint := amount;
BEGIN
    PERFORM lock_token_wallet(owner, business_at, posted_at);
    INSERT INTO token_grant (id, account, kind, agent, is_paid, granted, remaining, held, debt,
            spent, is_open, expires_at, source_id, business_key, reason, created_at)
        VALUES (new_id, owner, new_kind, only_agent, new_is_paid, amount, 0, 0, 0, 0, true,
            new_expires_at, new_source_id, new_business_key, new_reason, business_at)
        ON CONFLICT (business_key) DO NOTHING RETURNING id INTO found_id;
    IF found_id IS NULL THEN
        SELECT id INTO found_id FROM token_grant WHERE business_key = new_business_key;
        RETURN found_id;
    END IF;
    IF only_agent IS NULL THEN
        balance := token_balance(owner) + amount;
    ELSE
        PERFORM open_token_account('TOKEN_PROMOTION', owner);
    END IF;
    booked := token_transaction(
        'TOKEN_GRANT', 'token:grant:' || new_id, owner, new_id, business_at, posted_at);
    base := token_entry_base(owner, booked.id, new_reason, business_at);
    PERFORM book_tokens(ARRAY[booked],
        ARRAY[token_change(base, 0, 'GRANT', new_id, pool, amount, balance)]);
    PERFORM fill_token_debts(owner, business_at, posted_at);
    RETURN new_id;
END $$;

-- Takes back up to `most` of what is left of a grant, once per business key: what it took. With
-- `owe` so much of the rest as was spent or is held becomes a debt.
CREATE FUNCTION revoke_tokens(
    grant_id uuid, most bigint, revoke_key text, new_reason text, owe boolean,
    business_at timestamptz, posted_at timestamptz
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    g token_grant;
    booked ledger_transaction;
    base token_entry;
    taken bigint;
    owed bigint := 0;
    balance bigint;
    entries token_entry[] := '{}';
BEGIN
    SELECT * INTO STRICT g FROM token_grant WHERE id = grant_id;
    PERFORM lock_token_wallet(g.account, business_at, posted_at);
    SELECT -coalesce(sum(e.amount) FILTER (WHERE e.pool <> 'DEBT'), 0) INTO taken
        FROM ledger_transaction t JOIN token_entry e ON e.ledger_transaction_id = t.id
        WHERE t.business_key = 'token:revoke:' || revoke_key AND e.token_grant = grant_id
        HAVING count(*) > 0;
    IF FOUND THEN
        RETURN taken;
    END IF;
    SELECT * INTO STRICT g FROM token_grant WHERE id = grant_id;
    taken := least(most, g.remaining);
    IF owe THEN
        SELECT greatest(0, least(most - taken, g.held + g.spent + coalesce(sum(e.amount), 0)))
            INTO owed FROM token_entry e
            WHERE e.token_grant = grant_id AND e.kind = 'REVOKE' AND e.pool = 'DEBT';
    END IF;
    IF taken + owed = 0 THEN
        RETURN 0;
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
    RETURN taken;
END $$;

-- A grant expires now, once: what was left of it. What is held of it may still be used.
CREATE FUNCTION end_token_grant(
    grant_id uuid, end_key text, new_reason text, business_at timestamptz, posted_at timestamptz
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
    UPDATE token_grant SET expires_at = least(coalesce(expires_at, business_at), business_at)
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

-- Reserves up to `new_most` for a run, once per hold: what it reserved; 0 where nothing is left.
CREATE FUNCTION hold_tokens(
    hold_id uuid, owner uuid, new_most bigint, for_agent uuid, by_api_key uuid, from_grant uuid,
    unlimited boolean, new_reason text, new_expires_at timestamptz,
    business_at timestamptz, posted_at timestamptz
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    known bigint;
    booked ledger_transaction;
    base token_entry;
    entries token_entry[] := '{}';
BEGIN
    PERFORM lock_token_wallet(owner, business_at, posted_at);
    SELECT held INTO known FROM token_hold WHERE id = hold_id;
    IF FOUND THEN
        RETURN known;
    END IF;
    known := new_most;
    IF NOT unlimited THEN
        booked := token_transaction(
            'TOKEN_HOLD', 'token:hold:' || hold_id, owner, hold_id, business_at, posted_at);
        base := token_entry_base(owner, booked.id, new_reason, business_at);
        base.execution_id := hold_id;
        base.agent_id := for_agent;
        base.api_key_id := by_api_key;
        entries := take_tokens(
            base, 0, 'HOLD', new_most, for_agent, from_grant, token_balance(owner));
        known := -sum_tokens(entries);
    END IF;
    IF known = 0 THEN
        RETURN 0;
    END IF;
    INSERT INTO token_hold (id, account, agent_id, api_key_id, only_grant, most, held,
            is_unlimited, status, capped, reason, expires_at, created_at)
        VALUES (hold_id, owner, for_agent, by_api_key, from_grant, new_most, known,
            unlimited, 'OPEN', false, new_reason, new_expires_at, business_at);
    IF NOT unlimited THEN
        PERFORM open_token_account('TOKEN_HOLDS', owner);
        PERFORM book_tokens(ARRAY[booked], entries);
    END IF;
    RETURN known;
END $$;

-- Ends a hold: SETTLED with what was used, from the hold and then from what is left, or RELEASED.
-- A hold that has ended already stays as it is. What comes back expires where its grant has.
CREATE FUNCTION close_token_hold(
    hold_id uuid, new_status text, wanted bigint, unlimited boolean, new_reason text,
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
    SELECT * INTO hold FROM token_hold WHERE id = hold_id;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    PERFORM lock_token_wallet(hold.account, business_at, posted_at);
    SELECT * INTO hold FROM token_hold WHERE id = hold_id FOR NO KEY UPDATE;
    IF hold.status <> 'OPEN' THEN
        RETURN NEXT hold;
        RETURN;
    END IF;
    booked := token_transaction(
        CASE new_status WHEN 'SETTLED' THEN 'TOKEN_SETTLE' ELSE 'TOKEN_RELEASE' END,
        'token:close:' || hold_id, hold.account, hold_id, business_at, posted_at);
    base := token_entry_base(hold.account, booked.id, coalesce(new_reason, hold.reason), business_at);
    base.execution_id := hold_id;
    base.agent_id := hold.agent_id;
    base.api_key_id := hold.api_key_id;
    balance := token_balance(hold.account);
    rest := least(wanted, hold.most);
    FOR slice IN SELECT * FROM token_entry
        WHERE execution_id = hold_id AND kind = 'HOLD' ORDER BY id
    LOOP
        part := least(rest, -slice.amount);
        rest := rest - part;
        IF slice.pool = 'WALLET' THEN
            balance := balance - slice.amount;
            left_of_grant := balance;
        ELSE
            SELECT remaining - slice.amount INTO left_of_grant FROM token_grant
                WHERE id = slice.token_grant;
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
        WHERE id = hold_id RETURNING * INTO hold;
    IF cardinality(entries) > 0 THEN
        PERFORM book_tokens(ARRAY[booked], entries);
        PERFORM expire_due_tokens(ARRAY[hold.account], business_at, posted_at);
        PERFORM fill_token_debts(hold.account, business_at, posted_at);
    END IF;
    RETURN NEXT hold;
END $$;
