"""An empty route behind the product's limiter, which counts an account that has no end of calls."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import uvloop
from litestar import Litestar, Request, Response, post

from chenu.accounts.actor import AccountId
from chenu.connection_limits import ConnectionLimits
from chenu.core import db, redis
from chenu.http.server import claim_port, serve
from chenu.metering.allowances import allow_account
from chenu.metering.limiter import Limiter, make_limiter
from chenu.metering.plans import ApiPlan, ApiPlanCode

ACCOUNT = allow_account(
    AccountId(UUID(int=1)), ApiPlan(ApiPlanCode.ENTERPRISE, 10**12, None, 60_000_000)
)
"""A call a microsecond: the limits are computed, and never reached."""


@asynccontextmanager
async def _open_limiter(app: Litestar) -> AsyncIterator[None]:
    db.configure(os.environ["BENCH_DATABASE_URL"], application="bench-limited")
    await db.start(pool_size=2)
    valkey = redis.connect(os.environ["BENCH_REDIS_URL"])
    app.state.limiter = make_limiter(valkey, 1)
    yield
    await valkey.aclose()
    await db.stop()


@post("/empty", status_code=200)
async def answer_nothing(request: Request[Any, Any, Any]) -> Response[None]:
    await request.body()
    limiter: Limiter = app.state.limiter
    decision = await limiter.take(ACCOUNT)
    if not decision.is_served:
        return Response(None, status_code=429)
    left = {"ratelimit-remaining": str(decision.available)}
    return Response(None, headers=left)


app = Litestar([answer_nothing], openapi_config=None, logging_config=None)


async def _serve(port: int) -> None:
    async with _open_limiter(app):
        await serve(app, claim_port("127.0.0.1", port), ConnectionLimits())


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(int(sys.argv[1])))
