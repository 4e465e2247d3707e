-- Stripe's events by month, in a moment: what there was is the first month, and keeps the unique id
-- by which older code writes to it. docs/decisions/0100
ALTER TABLE webhook_event RENAME TO stripe_event_before;
ALTER TABLE stripe_event_before SET SCHEMA months;
DROP TRIGGER stripe_event_once ON months.stripe_event_before;
DROP TRIGGER webhook_event_waits ON months.stripe_event_before;
ALTER TABLE months.stripe_event_before DROP CONSTRAINT webhook_event_pkey,
    ADD CONSTRAINT stripe_event_before_pkey PRIMARY KEY USING INDEX stripe_event_month_key;

CREATE TABLE stripe_event (LIKE months.stripe_event_before INCLUDING DEFAULTS INCLUDING CONSTRAINTS
    INCLUDING STORAGE, PRIMARY KEY (id, received_at)) PARTITION BY RANGE (received_at);
ALTER TABLE stripe_event DROP CONSTRAINT stripe_event_before;
CREATE INDEX stripe_event_created_at ON stripe_event (created_at);
CREATE INDEX stripe_event_waiting ON stripe_event (next_attempt_at) WHERE state = 'RECEIVED';
CREATE INDEX stripe_event_latest ON stripe_event (received_at DESC, id DESC);
CREATE INDEX stripe_event_of_state ON stripe_event (state, received_at DESC, id DESC);
CREATE TRIGGER stripe_event_once BEFORE INSERT ON stripe_event
    FOR EACH ROW EXECUTE FUNCTION store_event_once();
CREATE TRIGGER stripe_event_waits BEFORE DELETE ON stripe_event
    FOR EACH ROW WHEN (OLD.state = 'RECEIVED') EXECUTE FUNCTION forbid_deleting_what_waits();

DO $$
DECLARE
    boundary text;
BEGIN
    SET LOCAL timezone = 'UTC';
    SELECT substring(pg_get_constraintdef(oid) FROM '''([^'']+)''') INTO STRICT boundary
        FROM pg_constraint WHERE conname = 'stripe_event_before' AND convalidated;
    EXECUTE format('ALTER TABLE stripe_event ATTACH PARTITION months.stripe_event_before'
        ' FOR VALUES FROM (MINVALUE) TO (%L)', boundary);
    PERFORM add_months('stripe_event', boundary::timestamptz + interval '6 months');
END $$;

-- The name and the rows that older code knows, for as long as its events are of the first month.
-- Its purge goes by ctid.
CREATE VIEW webhook_event AS SELECT *, ctid FROM months.stripe_event_before;

-- Whether something in a month must not go with it.
CREATE FUNCTION month_waits(parent regclass, month text) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
    waits boolean := false;
BEGIN
    IF parent = 'stripe_event'::regclass THEN
        EXECUTE format('SELECT EXISTS (SELECT FROM months.%I WHERE state = ''RECEIVED'')', month)
            INTO waits;
    END IF;
    RETURN waits;
END $$;

-- Drops the months that ended before then and in which nothing waits; how many. Only of tables that
-- requests may delete from.
CREATE OR REPLACE FUNCTION drop_months(parent regclass, before timestamptz) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public SET timezone = 'UTC' SET lock_timeout = '500ms' AS $$
DECLARE
    month record;
    dropped int := 0;
BEGIN
    IF NOT has_table_privilege('chenu_app', parent, 'DELETE') THEN
        RAISE EXCEPTION '% is append-only', parent USING ERRCODE = 'insufficient_privilege';
    END IF;
    FOR month IN SELECT name FROM list_months(parent) WHERE ends_at <= before LOOP
        CONTINUE WHEN month_waits(parent, month.name);
        EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', parent); -- nothing begins to wait
        CONTINUE WHEN month_waits(parent, month.name);
        EXECUTE format('DROP TABLE months.%I CASCADE', month.name); -- with older code's view of it
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END $$;
