"""slowapi on Starlette, as its documentation shows it, over Redis."""

import os

from slowapi import Limiter, _rate_limit_exceeded_handler
from slowapi.errors import RateLimitExceeded
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

limiter = Limiter(
    key_func=lambda request: request.headers.get("host", ""),
    storage_uri=os.environ["BENCH_REDIS_URL"],
    headers_enabled=True,
)


@limiter.limit("60000000/minute")
async def answer_nothing(request: Request) -> Response:
    await request.body()
    return Response()


app = Starlette(routes=[Route("/empty", answer_nothing, methods=["POST"])])
app.state.limiter = limiter
app.add_exception_handler(RateLimitExceeded, _rate_limit_exceeded_handler)
