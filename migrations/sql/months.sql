-- Tables that are split by calendar months of UTC: the table is in `public`, its months are in a
-- schema of their own, where only what is about months sees them. docs/decisions/0095

CREATE SCHEMA months;

-- The months of a table, the oldest first; a NULL is a bound that there is not.
CREATE FUNCTION list_months(parent regclass)
RETURNS TABLE (name text, starts_at timestamptz, ends_at timestamptz)
LANGUAGE sql STABLE SET timezone = 'UTC' AS $$
    SELECT c.relname::text,
        substring(pg_get_expr(c.relpartbound, c.oid) FROM 'FROM \(''([^'']+)''\)')::timestamptz,
        substring(pg_get_expr(c.relpartbound, c.oid) FROM 'TO \(''([^'']+)''\)')::timestamptz
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = parent AND NOT i.inhdetachpending
    ORDER BY 2 NULLS FIRST
$$;

-- Makes the months that are missing until then; how many. Whoever needs a month may call it: it is
-- attached without a lock that readers or writers of the table notice.
CREATE FUNCTION add_months(parent regclass, until timestamptz) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public SET timezone = 'UTC' SET lock_timeout = '500ms' AS $$
DECLARE
    wanted timestamptz;
    month_name text;
    made int := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('months ' || parent::text, 0));
    SELECT max(ends_at) INTO wanted FROM list_months(parent);
    WHILE wanted < until LOOP
        month_name := format('%s_%s', parent, to_char(wanted, 'YYYY_MM'));
        EXECUTE format('CREATE TABLE months.%I (LIKE %s INCLUDING DEFAULTS INCLUDING CONSTRAINTS'
            ' INCLUDING GENERATED INCLUDING STORAGE)', month_name, parent);
        EXECUTE format('ALTER TABLE %s ATTACH PARTITION months.%I FOR VALUES FROM (%L) TO (%L)',
            parent, month_name, wanted, wanted + interval '1 month');
        wanted := wanted + interval '1 month';
        made := made + 1;
    END LOOP;
    RETURN made;
END $$;

-- Drops the months that ended before then; how many. Only of tables that requests may delete from.
CREATE FUNCTION drop_months(parent regclass, before timestamptz) RETURNS int
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
        EXECUTE format('DROP TABLE months.%I', month.name);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END $$;

-- Splitting a table that is there, in three migrations: this one promises that nothing of it is of
-- the month after next or later, the second has the promise checked and the key's index made while
-- everybody works, the third exchanges the tables in a moment (swap_into_months).
CREATE FUNCTION prepare_months(parent text, month_column text) RETURNS void
LANGUAGE plpgsql SET timezone = 'UTC' AS $$
DECLARE
    newest timestamptz;
    ahead interval;
    boundary timestamptz;
BEGIN
    EXECUTE format('SELECT max(%I)::timestamptz FROM public.%I', month_column, parent) INTO newest;
    SELECT make_interval(secs => coalesce(max(offset_seconds), 0)) INTO ahead FROM business_clock;
    boundary := date_trunc('month', greatest(newest, now() + ahead) + interval '62 days');
    EXECUTE format('ALTER TABLE public.%I ADD CONSTRAINT %I CHECK (%I < %L) NOT VALID',
        parent, parent || '_before', month_column, boundary);
END $$;

-- What there was becomes the first month, without a lower bound; older code sees no difference.
CREATE FUNCTION swap_into_months(parent text, month_column text) RETURNS void
LANGUAGE plpgsql SET timezone = 'UTC' AS $$
DECLARE
    old_name text := parent || '_before';
    part record;
    boundary text;
BEGIN
    SELECT substring(pg_get_constraintdef(oid) FROM '''([^'']+)''') INTO STRICT boundary
        FROM pg_constraint WHERE conname = old_name AND convalidated;
    EXECUTE format('ALTER TABLE public.%I RENAME TO %I', parent, old_name);
    EXECUTE format('ALTER TABLE public.%I SET SCHEMA months', old_name);
    EXECUTE format('ALTER TABLE months.%I DROP CONSTRAINT %I, ADD CONSTRAINT %2$I PRIMARY KEY'
        ' USING INDEX %I', old_name, parent || '_pkey', parent || '_month_key');
    EXECUTE format('CREATE TABLE public.%I (LIKE months.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS'
        ' INCLUDING GENERATED INCLUDING STORAGE, PRIMARY KEY (id, %I)) PARTITION BY RANGE (%3$I)',
        parent, old_name, month_column);
    EXECUTE format('ALTER TABLE public.%I DROP CONSTRAINT %I', parent, old_name);
    FOR part IN
        SELECT replace(pg_get_indexdef(i.indexrelid), format(' ON months.%I ', old_name),
            format(' ON public.%I ', parent)) AS made
        FROM pg_index i WHERE i.indrelid = format('months.%I', old_name)::regclass
            AND NOT i.indisprimary
    LOOP
        EXECUTE part.made;
    END LOOP;
    FOR part IN
        SELECT conname AS name, pg_get_constraintdef(oid) AS made FROM pg_constraint
        WHERE conrelid = format('months.%I', old_name)::regclass AND contype = 'f'
    LOOP
        EXECUTE format('ALTER TABLE public.%I ADD CONSTRAINT %I %s', parent, part.name, part.made);
    END LOOP;
    EXECUTE format('ALTER TABLE public.%I ATTACH PARTITION months.%I FOR VALUES FROM (MINVALUE)'
        ' TO (%L)', parent, old_name, boundary);
    PERFORM add_months(format('public.%I', parent)::regclass, boundary::timestamptz + interval '6 months');
END $$;
