-- Reviews of agents by those who bought them: one an account, listed newest first, counted by stars.

ALTER TABLE agent_review ADD CONSTRAINT agent_review_rating CHECK (rating BETWEEN 1 AND 5);

CREATE UNIQUE INDEX agent_review_of_account ON agent_review (agent, account);
CREATE INDEX agent_review_shown ON agent_review (agent, id) WHERE is_bought;

REVOKE DELETE ON agent_review FROM chenu_app;
