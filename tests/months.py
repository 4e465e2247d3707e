"""Split tables in the tests' database: a last partition for all later months."""

import asyncpg

_LATER = """
    DO $$
    DECLARE
        split record;
    BEGIN
        FOR split IN
            SELECT c.oid::regclass AS parent, max(m.ends_at) AS last_end
            FROM pg_class c CROSS JOIN LATERAL list_months(c.oid::regclass) m
            WHERE c.relkind = 'p' AND c.relnamespace = 'public'::regnamespace GROUP BY 1
        LOOP
            EXECUTE format('CREATE TABLE months.%I PARTITION OF %s FOR VALUES FROM (%L) TO (%L)',
                split.parent || '_later', split.parent, month_bound(split.parent, split.last_end),
                month_bound(split.parent, '2100-01-01'));
        END LOOP;
    END $$
"""


async def make_room(url: str) -> None:
    """Tests move time by years, and no worker makes months meanwhile."""
    connection = await asyncpg.connect(url, server_settings={"timezone": "UTC"})
    try:
        await connection.execute(_LATER)
    finally:
        await connection.close()
