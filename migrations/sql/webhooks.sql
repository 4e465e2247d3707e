-- An endpoint once for each url of an account, an event once for each thing that happened to it.
CREATE UNIQUE INDEX webhook_endpoint_once ON webhook_endpoint (account, url);
CREATE UNIQUE INDEX outgoing_event_once ON outgoing_event (account, business_key);
CREATE UNIQUE INDEX webhook_delivery_once ON webhook_delivery (endpoint, event);

-- Which endpoint is due, and what is sent to it first.
CREATE INDEX webhook_endpoint_due ON webhook_endpoint (next_attempt_at) WHERE state = 'ON';
CREATE INDEX webhook_delivery_waiting ON webhook_delivery (endpoint, position)
    WHERE state = 'WAITING';
CREATE INDEX webhook_delivery_held ON webhook_delivery (endpoint) WHERE state = 'HELD';

-- The log of an endpoint, and the purge.
CREATE INDEX webhook_delivery_of_endpoint ON webhook_delivery (endpoint, id);
CREATE INDEX webhook_delivery_age ON webhook_delivery (created_at);
CREATE INDEX webhook_attempt_age ON webhook_attempt (attempted_at);
CREATE INDEX outgoing_event_age ON outgoing_event (occurred_at);

ALTER TABLE webhook_endpoint
    ADD CONSTRAINT webhook_endpoint_state CHECK (state IN ('ON', 'OFF')),
    ADD CONSTRAINT webhook_endpoint_off
        CHECK (off_reason IN ('', 'OWNER', 'FAILURES', 'GONE')
            AND (state = 'OFF') = (off_reason <> '')),
    ADD CONSTRAINT webhook_endpoint_kinds CHECK (cardinality(kinds) > 0);
ALTER TABLE webhook_delivery
    ADD CONSTRAINT webhook_delivery_state CHECK (state IN ('WAITING', 'DELIVERED', 'HELD'));
