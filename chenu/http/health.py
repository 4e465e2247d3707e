"""Liveness and readiness checks."""

import asyncio

from litestar import Response, get
from litestar.di import NamedDependency

from chenu.core import db, redis
from chenu.core.errors import ChenuError
from chenu.core.migrations import require_migrated
from chenu.settings import Settings

_PATIENCE_SECONDS = 2


@get("/healthz", include_in_schema=False)
async def healthz() -> dict[str, str]:
    return {"status": "alive"}


@get("/readyz", include_in_schema=False)
async def readyz(settings: NamedDependency[Settings]) -> Response[dict[str, str]]:
    """503 without a migrated database. Without Valkey everything works, only slower."""
    database = await _check_database()
    cache = await _check_cache(settings)
    status = 200 if database == "ok" else 503
    return Response({"database": database, "cache": cache}, status_code=status)


async def _check_database() -> str:
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await db.fetch_value("SELECT 1")
            await require_migrated()
    except (ChenuError, TimeoutError) as error:
        return str(error) or "no answer"
    return "ok"


async def _check_cache(settings: Settings) -> str:
    client = redis.connect(settings.redis_url)
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await client.ping()
    except redis.AWAY:
        return "down"
    finally:
        await client.aclose()
    return "ok"
