"""The baseline: a plain Litestar route over one asyncpg query."""

import asyncio
import base64
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import uvloop
from litestar import Litestar, Request, get, post

from chenu.connection_limits import ConnectionLimits
from chenu.http.server import claim_port, serve

LIST_SQL = """
    SELECT a.id, a.slug, a.name, a.tagline, a.level, a.installs, c.handle, c.display_name
    FROM agent a LEFT JOIN creator c ON c.id = a.creator
    WHERE a.status = 'PUBLISHED' AND a.kind <> 'CUSTOM'
    ORDER BY a.installs DESC, a.id DESC LIMIT $1
"""


async def _keep(_: Any) -> None:
    """No reset between queries, which the product's pool omits as well."""


@asynccontextmanager
async def _open_pool(app: Litestar) -> AsyncIterator[None]:
    url = os.environ["BENCH_DATABASE_URL"]
    async with asyncpg.create_pool(url, min_size=2, max_size=16, reset=_keep) as pool:
        app.state.pool = pool
        yield


@get("/agents")
async def list_agents(first: int) -> dict[str, Any]:
    rows = await app.state.pool.fetch(LIST_SQL, first)
    return {"data": {"agents": {"edges": [{"node": _node(row)} for row in rows]}}}


def _node(row: Any) -> dict[str, Any]:
    text = base64.urlsafe_b64encode(f"Agent:{row['id']}".encode()).decode().rstrip("=")
    return {
        "id": text,
        "slug": row["slug"],
        "name": row["name"],
        "tagline": row["tagline"],
        "level": row["level"],
        "installs": row["installs"],
        "creator": {"handle": row["handle"], "displayName": row["display_name"]},
    }


@post("/empty", status_code=200)
async def answer_nothing(request: Request[Any, Any, Any]) -> None:
    """An empty route: what a framework costs that takes a request and does nothing with it.

    The body is read, because granian leaves an unread one on its socket, while uvicorn, with which
    this was measured before, read it.
    """
    await request.body()


app = Litestar(
    [list_agents, answer_nothing],
    openapi_config=None,
    logging_config=None,
)


async def _serve(port: int) -> None:
    async with _open_pool(app):
        await serve(app, claim_port("127.0.0.1", port), ConnectionLimits())


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(int(sys.argv[1])))
