-- Months of tables whose ids are numbers: the month stands in the id, so that the id stays the only
-- key, ranges of ids are ranges of months, and what is after an id is in few of them.
-- docs/decisions/0099

CREATE FUNCTION first_id_of(month timestamptz) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT (extract(year FROM month AT TIME ZONE 'UTC') * 12
        + extract(month FROM month AT TIME ZONE 'UTC') - 24001)::bigint * 100000000000
$$;

-- Ids from before the split are of January 2000.
CREATE FUNCTION month_of_id(id bigint) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS $$
    SELECT (timestamp '2000-01-01' + make_interval(months => (id / 100000000000)::integer))
        AT TIME ZONE 'UTC'
$$;

-- The bound of a month as the table's partitions name it, and the month that such a bound names.
CREATE FUNCTION month_bound(parent regclass, month timestamptz) RETURNS text
LANGUAGE sql STABLE SET timezone = 'UTC' AS $$
    SELECT CASE a.atttypid WHEN 'bigint'::regtype THEN first_id_of(month)::text ELSE month::text END
    FROM pg_partitioned_table p
    JOIN pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = p.partattrs[0]
    WHERE p.partrelid = parent
$$;
CREATE FUNCTION read_month_bound(bound text) RETURNS timestamptz
LANGUAGE sql STABLE SET timezone = 'UTC' AS $$
    SELECT CASE WHEN bound ~ '^\d+$' THEN month_of_id(bound::bigint) ELSE bound::timestamptz END
$$;

-- As in months.sql, of both sorts of tables. An entry of the books refers to a transaction of its own
-- month: the key is one between the months, which costs what it costs between two tables, and goes
-- with them.
CREATE OR REPLACE FUNCTION list_months(parent regclass)
RETURNS TABLE (name text, starts_at timestamptz, ends_at timestamptz)
LANGUAGE sql STABLE SET timezone = 'UTC' AS $$
    SELECT c.relname::text,
        read_month_bound(substring(pg_get_expr(c.relpartbound, c.oid) FROM 'FROM \(''([^'']+)''\)')),
        read_month_bound(substring(pg_get_expr(c.relpartbound, c.oid) FROM 'TO \(''([^'']+)''\)'))
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = parent AND NOT i.inhdetachpending
    ORDER BY 2 NULLS FIRST
$$;

CREATE OR REPLACE FUNCTION add_months(parent regclass, until timestamptz) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public SET timezone = 'UTC' SET lock_timeout = '500ms' AS $$
DECLARE
    wanted timestamptz;
    month_name text;
    made int := 0;
BEGIN
    IF parent = 'ledger_entry'::regclass THEN
        PERFORM add_months('ledger_transaction'::regclass, until);
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('months ' || parent::text, 0));
    SELECT max(ends_at) INTO wanted FROM list_months(parent);
    WHILE wanted < until LOOP
        month_name := format('%s_%s', parent, to_char(wanted, 'YYYY_MM'));
        EXECUTE format('CREATE TABLE months.%I (LIKE %s INCLUDING DEFAULTS INCLUDING CONSTRAINTS'
            ' INCLUDING GENERATED INCLUDING STORAGE)', month_name, parent);
        IF parent = 'ledger_entry'::regclass THEN
            EXECUTE format('ALTER TABLE months.%I ADD CONSTRAINT %I FOREIGN KEY (transaction_id)'
                ' REFERENCES months.%I (id)', month_name, month_name || '_transaction',
                to_char(wanted, '"ledger_transaction_"YYYY_MM'));
        END IF;
        EXECUTE format('ALTER TABLE %s ATTACH PARTITION months.%I FOR VALUES FROM (%L) TO (%L)',
            parent, month_name, month_bound(parent, wanted),
            month_bound(parent, wanted + interval '1 month'));
        wanted := wanted + interval '1 month';
        made := made + 1;
    END LOOP;
    RETURN made;
END $$;
