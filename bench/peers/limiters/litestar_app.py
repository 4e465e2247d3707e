"""Litestar's own rate limit middleware, with its store in Redis."""

import os
from typing import Any

from litestar import Litestar, Request, post
from litestar.middleware.rate_limit import RateLimitConfig
from litestar.stores.redis import RedisStore


@post("/empty", status_code=200)
async def answer_nothing(request: Request[Any, Any, Any]) -> None:
    await request.body()


app = Litestar(
    [answer_nothing],
    middleware=[RateLimitConfig(rate_limit=("minute", 60_000_000), store="limits").middleware],
    stores={"limits": RedisStore.with_client(url=os.environ["BENCH_REDIS_URL"])},
    openapi_config=None,
    logging_config=None,
)
