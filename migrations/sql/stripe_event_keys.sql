-- An event happens once by its id, whatever month it came in: the id stands in a table that is not
-- split, and whoever writes an event writes it with it. docs/decisions/0100
CREATE FUNCTION store_event_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO stripe_event_key (id, received_at) VALUES (NEW.id, NEW.received_at)
        ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN NULL; -- it is known: nothing is inserted, and nothing returned
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER stripe_event_once BEFORE INSERT ON webhook_event
    FOR EACH ROW EXECUTE FUNCTION store_event_once();

-- Nothing that is there is of the month after next or later, by whatever clock.
DO $$
DECLARE
    newest timestamptz;
    ahead interval;
    boundary timestamptz;
BEGIN
    SET LOCAL timezone = 'UTC';
    SELECT max(received_at) INTO newest FROM webhook_event;
    SELECT make_interval(secs => coalesce(max(offset_seconds), 0)) INTO ahead FROM business_clock;
    boundary := date_trunc('month', greatest(newest, now(), now() + ahead) + interval '62 days');
    EXECUTE format('ALTER TABLE webhook_event ADD CONSTRAINT stripe_event_before'
        ' CHECK (received_at < %L) NOT VALID', boundary);
END $$;
