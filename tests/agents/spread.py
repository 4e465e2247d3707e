"""Many agents on sale of all kinds, inserted at once."""

from chenu.core import db
from tests.agents.shelf import open_shop, shelve

_OWN = {
    "id": "gen_random_uuid()",
    "slug": "gen_random_uuid()::text",
    "name": "(ARRAY['Astronomie', 'Boulangerie', 'Navigation'])[1 + n % 3] || ' ' || n",
    "level": "'L' || n / 3 % 4",
    "sphere": "(ARRAY['BUSINESS', 'BUSINESS', 'BUSINESS', 'SCHOLAR', 'PERSONAL', NULL])[1 + n % 6]",
    "price": "CASE WHEN n % 3 = 0 THEN 0 ELSE n * 37 % 3000 + 1 END",
    "price_type": "CASE WHEN n % 3 = 0 THEN 'FREE' ELSE 'ONE_TIME' END",
    "capabilities": "CASE n % 5 WHEN 0 THEN '{cooking,planning}' WHEN 1 THEN '{travel}'"
    " ELSE '{}' END::text[]",
    "language": "CASE WHEN n % 7 = 0 THEN 'en' ELSE 'fr' END",
    "installs": "(30000 / (n * 7919 % $1 + 1))::int",
    "review_count": "n % 4",
    "rating_sum": "n % 4 * (1 + n % 5)",
    "published_at": "now() - make_interval(hours => n * 31 % 997)",
}
_COLUMNS = """
    SELECT array_agg(column_name::text) FROM information_schema.columns
    WHERE table_name = 'agent' AND is_generated = 'NEVER'
"""


async def spread_agents(count: int) -> None:
    """One more than `count` is a prime to 7919, so that installs are a permutation."""
    await shelve(await open_shop(), "Astronomie", sphere="PERSONAL")
    columns = await db.fetch_value(_COLUMNS)
    values = [_OWN.get(column, column) for column in columns]
    sql = f"""
        INSERT INTO agent ({", ".join(columns)}) SELECT {", ".join(values)}
        FROM (SELECT * FROM agent ORDER BY created_at LIMIT 1) a, generate_series(1, $1) n
    """  # noqa: S608 - the catalogue's own names
    await db.execute(sql, count)
