-- Removed reviews are neither listed nor counted.

DROP INDEX agent_review_shown;
CREATE INDEX agent_review_shown ON agent_review (agent, id)
    WHERE is_bought AND removed_at IS NULL;
