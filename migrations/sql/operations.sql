-- Operations, the webhook inbox and the outbox of mails. docs/operations.md

ALTER TABLE operation ADD CONSTRAINT operation_state
    CHECK (state IN ('INTENT', 'UNKNOWN', 'SETTLED', 'FAILED')),
    ADD CONSTRAINT operation_repair
    CHECK ((state IN ('INTENT', 'UNKNOWN')) = (next_check_at IS NOT NULL));
CREATE INDEX operation_due ON operation (next_check_at) WHERE state IN ('INTENT', 'UNKNOWN');
CREATE INDEX operation_open ON operation (id) WHERE state IN ('INTENT', 'UNKNOWN');
CREATE INDEX operation_state ON operation (kind, state); -- what /metrics counts
CREATE UNIQUE INDEX operation_stripe_object ON operation (kind, stripe_id)
    WHERE stripe_id IS NOT NULL AND kind <> 'CHECKOUT_EXPIRY';
ALTER TABLE webhook_event ADD CONSTRAINT webhook_event_state
    CHECK (state IN ('RECEIVED', 'HANDLED', 'IGNORED', 'FAILED'));
ALTER TABLE event_cursor ADD CONSTRAINT event_cursor_stream CHECK (stream IN ('PLATFORM', 'THIN'));
CREATE INDEX connect_account_waiting ON connect_account (id)
    WHERE stripe_account_id IS NOT NULL AND NOT is_closed AND transfers_status <> 'active';
CREATE SEQUENCE fetch_number AS bigint; -- in which order Stripe is asked: chenu/core/fetched.py
CREATE INDEX webhook_event_waiting ON webhook_event (next_attempt_at) WHERE state = 'RECEIVED';
CREATE INDEX webhook_event_old ON webhook_event (received_at) WHERE state <> 'RECEIVED';
CREATE FUNCTION forbid_deleting_what_waits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an event that waits is not deleted';
END $$;
CREATE TRIGGER webhook_event_waits BEFORE DELETE ON webhook_event
    FOR EACH ROW WHEN (OLD.state = 'RECEIVED') EXECUTE FUNCTION forbid_deleting_what_waits();
CREATE INDEX outbox_mail_waiting ON outbox_mail (next_attempt_at) WHERE state = 'QUEUED';
CREATE INDEX outbox_mail_latest ON outbox_mail (created_at DESC, id DESC);
