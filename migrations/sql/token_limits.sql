-- Limits of tokens per agent and per API key. docs/decisions/0037

ALTER TABLE token_limit
    ADD CONSTRAINT token_limit_subject CHECK ((agent_id IS NULL) <> (api_key IS NULL)),
    ADD CONSTRAINT token_limit_values CHECK (used >= 0 AND coalesce(soft_limit, hard_limit) IS NOT NULL
        AND (soft_limit IS NULL OR soft_limit > 0) AND (hard_limit IS NULL OR hard_limit >= 0)
        AND (soft_limit IS NULL OR hard_limit IS NULL OR soft_limit <= hard_limit));
CREATE UNIQUE INDEX token_limit_once ON token_limit (account, agent_id, api_key) NULLS NOT DISTINCT;
CREATE INDEX token_limit_of_key ON token_limit (api_key) WHERE api_key IS NOT NULL;
CREATE INDEX token_limit_warnings ON token_limit (id) WHERE is_warning_due;

CREATE INDEX execution_of_month ON execution (account, started_at);
CREATE INDEX agent_run_summary_due ON agent_run_summary (computed_at) WHERE is_due;
CREATE INDEX agent_run_summary_age ON agent_run_summary (computed_at);

-- Limits change only under the lock of the account's wallet, as its tokens do: setting one waits for
-- what is being spent at that moment, and counts all of it.
CREATE FUNCTION lock_token_limits(of_account uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM open_token_account('TOKEN_WALLET', of_account);
    PERFORM lock_token_wallets(ARRAY[of_account]);
END $$;

-- Reserves as much of `wanted` as the limits of the agent and of the key leave this month, in the
-- caller's transaction. Less than `least_wanted`: nothing is reserved, and `limit_id` says why.
CREATE FUNCTION reserve_token_limits(
    of_account uuid, of_agent uuid, of_key uuid, wanted bigint, least_wanted bigint, at timestamptz,
    OUT granted bigint, OUT limit_id uuid
) LANGUAGE plpgsql AS $$
DECLARE
    this_month date := date_trunc('month', at AT TIME ZONE 'UTC')::date;
    found token_limit;
    rest bigint;
    has_limits boolean := false;
BEGIN
    granted := wanted;
    PERFORM lock_token_limits(of_account);
    FOR found IN SELECT l.* FROM token_limit l WHERE l.account = of_account
        AND (l.agent_id = of_agent OR l.api_key = of_key) ORDER BY l.id
    LOOP
        has_limits := true;
        rest := found.hard_limit - CASE WHEN found.month = this_month THEN found.used ELSE 0 END;
        IF rest < granted THEN
            granted := greatest(0, rest);
            limit_id := found.id;
        END IF;
    END LOOP;
    IF granted < least_wanted THEN
        granted := 0;
        RETURN;
    END IF;
    limit_id := NULL;
    IF has_limits THEN
        UPDATE token_limit l SET month = this_month,
            used = CASE WHEN l.month = this_month THEN l.used ELSE 0 END + granted,
            is_warning_due = l.is_warning_due OR (l.warned_month IS DISTINCT FROM this_month
                AND l.soft_limit IS NOT NULL
                AND CASE WHEN l.month = this_month THEN l.used ELSE 0 END + granted >= l.soft_limit)
            WHERE l.account = of_account AND (l.agent_id = of_agent OR l.api_key = of_key);
    END IF;
END $$;

-- Gives back what was reserved in that month and not used.
CREATE FUNCTION release_token_limits(
    of_account uuid, of_agent uuid, of_key uuid, amount bigint, at timestamptz
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lock_token_limits(of_account);
    UPDATE token_limit l SET used = greatest(0, l.used - amount)
        WHERE l.account = of_account AND (l.agent_id = of_agent OR l.api_key = of_key)
        AND l.month = date_trunc('month', at AT TIME ZONE 'UTC')::date;
END $$;
