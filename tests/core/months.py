"""Rows of split tables, as older code writes them too."""

from typing import Any

from chenu.core.ids import new_id

KEY = b"nobody guesses 7391 that walruses ski"
OLD_CLICK, ACCOUNT = new_id(), new_id()
CLICK = "INSERT INTO affiliate_click VALUES ($1, $2, '/', 'x', $3)"
USED = """
    INSERT INTO api_usage AS stored VALUES ($1, $2, $3, 1, 0, now())
    ON CONFLICT (account, day) DO UPDATE SET served = stored.served + excluded.served
"""


async def count_of(connection: Any, table: str, where: str = "true") -> int:
    sql = f"SELECT count(*) FROM {table} WHERE {where}"  # noqa: S608 - texts of ours
    return int(await connection.fetchval(sql))
