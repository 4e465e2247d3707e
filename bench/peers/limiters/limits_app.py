"""The library `limits`, its asynchronous moving window, on Litestar over Redis."""

import os
from typing import Any

from limits import RateLimitItemPerMinute
from limits.aio.strategies import MovingWindowRateLimiter
from limits.storage import storage_from_string
from litestar import Litestar, Request, Response, post

storage = storage_from_string(f"async+{os.environ['BENCH_REDIS_URL']}", implementation="redispy")
limiter = MovingWindowRateLimiter(storage)
RATE = RateLimitItemPerMinute(60_000_000)


@post("/empty", status_code=200)
async def answer_nothing(request: Request[Any, Any, Any]) -> Response[None]:
    await request.body()
    if not await limiter.hit(RATE, "caller"):
        return Response(None, status_code=429)
    return Response(None)


app = Litestar([answer_nothing], openapi_config=None, logging_config=None)
