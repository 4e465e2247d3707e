-- Exchanges a table for one that is split by months of its ids, of which it becomes the first, in a
-- moment: it has promised to be of it (<table>_before), so nothing of it is read. Its triggers must be
-- gone. A foreign key to what was split before stays one between the first months.
-- docs/decisions/0099
CREATE OR REPLACE FUNCTION pg_temp.swap_by_id(parent text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    old_name text := parent || '_before';
    part record;
    views text[];
    remade text;
    boundary text;
BEGIN
    SELECT substring(pg_get_constraintdef(oid) FROM '(\d{12,})') INTO STRICT boundary
        FROM pg_constraint WHERE conname = old_name AND convalidated;
    SELECT array_agg(format('CREATE OR REPLACE VIEW public.%I AS %s', viewname, definition))
        INTO views FROM pg_views WHERE schemaname = 'public' AND definition ~ ('\m' || parent || '\M');
    EXECUTE format('ALTER SEQUENCE public.%I OWNED BY NONE', parent || '_id_seq');
    EXECUTE format('ALTER TABLE public.%I RENAME TO %I', parent, old_name);
    EXECUTE format('ALTER TABLE public.%I SET SCHEMA months', old_name);
    EXECUTE format('CREATE TABLE public.%I (LIKE months.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS'
        ' INCLUDING GENERATED INCLUDING STORAGE, PRIMARY KEY (id)) PARTITION BY RANGE (id)',
        parent, old_name);
    EXECUTE format('ALTER TABLE public.%I DROP CONSTRAINT %I', parent, old_name);
    EXECUTE format('ALTER SEQUENCE public.%I OWNED BY public.%I.id', parent || '_id_seq', parent);
    EXECUTE format('GRANT SELECT, INSERT ON public.%I TO chenu_app', parent);
    EXECUTE format('REVOKE UPDATE, DELETE ON public.%I FROM chenu_app', parent);
    FOR part IN
        SELECT replace(pg_get_indexdef(i.indexrelid), format(' ON months.%I ', old_name),
            format(' ON public.%I ', parent)) AS made
        FROM pg_index i WHERE i.indrelid = format('months.%I', old_name)::regclass
            AND NOT i.indisunique
    LOOP
        EXECUTE part.made;
    END LOOP;
    FOR part IN
        SELECT conname AS name, pg_get_constraintdef(oid) AS made FROM pg_constraint
        WHERE conrelid = format('months.%I', old_name)::regclass AND contype = 'f'
            AND NOT confrelid::regclass::text LIKE 'months.%'
    LOOP
        EXECUTE format('ALTER TABLE public.%I ADD CONSTRAINT %I %s', parent, part.name, part.made);
    END LOOP;
    EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON public.%I'
        ' FOR EACH ROW EXECUTE FUNCTION refuse_change()', parent || '_append_only', parent);
    EXECUTE format('ALTER TABLE public.%I ATTACH PARTITION months.%I FOR VALUES FROM (MINVALUE)'
        ' TO (%L)', parent, old_name, boundary);
    FOREACH remade IN ARRAY coalesce(views, '{}') LOOP
        EXECUTE remade;
    END LOOP;
END $$;
