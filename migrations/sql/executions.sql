-- Executions: what may be held and settled of one run. docs/money.md

ALTER TABLE execution
    ADD CONSTRAINT execution_status
        CHECK (status IN ('AUTHORIZED', 'COMPLETED', 'FAILED', 'CANCELED', 'EXPIRED')),
    ADD CONSTRAINT execution_finished
        CHECK ((status = 'AUTHORIZED') = (finished_at IS NULL)),
    ADD CONSTRAINT execution_reported
        CHECK ((status IN ('COMPLETED', 'FAILED')) = (succeeded IS NOT NULL)
            AND (succeeded IS NULL OR succeeded = (status = 'COMPLETED'))),
    ADD CONSTRAINT execution_tokens
        CHECK (max_tokens > 0 AND min_tokens >= 0 AND tokens_held >= 0 AND tokens_held <= max_tokens
            AND (tokens_used IS NULL) = (succeeded IS NULL)
            AND (tokens_used IS NULL OR tokens_used BETWEEN 0 AND max_tokens)),
    ADD CONSTRAINT execution_seconds
        CHECK (claimed_seconds > 0 AND (seconds_saved IS NULL OR seconds_saved >= 0));

CREATE INDEX execution_of_account ON execution (account, id DESC);
CREATE INDEX execution_value ON execution (account, finished_at) WHERE status = 'COMPLETED';
CREATE INDEX execution_due ON execution (expires_at) WHERE status = 'AUTHORIZED';
CREATE INDEX execution_ended ON execution (finished_at) WHERE status <> 'AUTHORIZED';
CREATE INDEX execution_reported_by_apps ON execution (agent, finished_at)
    WHERE reported_by = 'SERVICE_KEY';
CREATE INDEX execution_free_tries ON execution (account, agent) WHERE is_free_try;
