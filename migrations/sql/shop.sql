-- Views: one row for each agent and day. Featured agents: places and dates that make sense.

CREATE UNIQUE INDEX agent_view_day_key ON agent_view_day (agent, day);
CREATE INDEX agent_view_day_age ON agent_view_day (stored_at);
ALTER TABLE agent_view_day ADD CONSTRAINT agent_view_day_views CHECK (views >= 0);

ALTER TABLE featured_agent ADD CONSTRAINT featured_agent_place CHECK (place BETWEEN 1 AND 99),
    ADD CONSTRAINT featured_agent_dates CHECK (ends_at IS NULL OR ends_at > starts_at);

-- "New and rising": what was published lately.
ALTER TABLE agent_run_summary ADD CONSTRAINT agent_run_summary_accounts CHECK (accounts >= 0);
CREATE INDEX purchase_sold_at ON purchase (creator, paid_at) WHERE paid_at IS NOT NULL;
CREATE INDEX purchase_refund_settled ON purchase_refund (settled_at) WHERE state = 'SETTLED';
CREATE INDEX featured_agent_place ON featured_agent (place, id);
