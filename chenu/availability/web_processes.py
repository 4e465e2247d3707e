"""The web processes that there are: each says where the worker reaches it, and when it ends."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from chenu.core import db
from chenu.core.clock import system_now
from chenu.core.ids import new_id

FORGOTTEN_AFTER = timedelta(hours=1)
"""One that was killed and never replaced at its url is asked for so long, and counts as down."""


class WebProcess(msgspec.Struct, frozen=True):
    """`url` is inside the network, without a path."""

    id: UUID
    url: str


def new_web_process(url: str) -> WebProcess:
    return WebProcess(new_id(), url)


async def say_hello(process: WebProcess) -> None:
    """At its start, and again and again: the newest process at a url takes the place of others."""
    sql = """
        INSERT INTO web_process (id, url, started_at, seen_at) VALUES ($1, $2, $3, $3)
        ON CONFLICT (url) DO UPDATE SET id = excluded.id, seen_at = excluded.seen_at,
            started_at = CASE WHEN web_process.id = excluded.id THEN web_process.started_at
                ELSE excluded.started_at END
        WHERE web_process.id <= excluded.id
    """
    await db.execute(sql, process.id, process.url, system_now())


async def say_goodbye(process: WebProcess) -> None:
    """Nothing where another one has taken its place already."""
    await db.execute("DELETE FROM web_process WHERE id = $1", process.id)


async def list_web_processes(now: datetime) -> list[WebProcess]:
    sql = "SELECT id, url FROM web_process WHERE seen_at > $1 ORDER BY url LIMIT 1000"
    return await db.fetch_all(WebProcess, sql, now - FORGOTTEN_AFTER)
