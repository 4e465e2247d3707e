"""Routes that are made when somebody first asks: once, for all who ask meanwhile."""

import asyncio

import httpx
import pytest
from litestar import Litestar, Router, get

from chenu.http.late_routes import LateRoutes


@get("/things")
async def show_things() -> str:
    return "things"


class Made:
    """`failures` first attempts fail."""

    def __init__(self, failures: int = 0) -> None:
        self.attempts = 0
        self._failures = failures

    def __call__(self) -> Router:
        self.attempts += 1
        if self.attempts <= self._failures:
            raise OSError("no such file")
        return Router("/late", route_handlers=[show_things])


def open_late(made: Made) -> httpx.AsyncClient:
    app = LateRoutes(Litestar([], openapi_config=None, logging_config=None), "/late", made)
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    return httpx.AsyncClient(transport=transport, base_url="http://late.example")


async def test_nobody_asks_and_nothing_is_made() -> None:
    made = Made()
    async with open_late(made) as asking:
        assert (await asking.get("/later/things")).status_code == 404
        assert made.attempts == 0
        assert (await asking.get("/late/things")).text == "things"


async def test_who_asks_at_the_same_time_waits_for_the_same() -> None:
    made = Made()
    async with open_late(made) as asking:
        answers = await asyncio.gather(*(asking.get("/late/things") for _ in range(5)))

    assert ({answer.status_code for answer in answers}, made.attempts) == ({200}, 1)


async def test_what_failed_is_tried_again() -> None:
    made = Made(failures=1)
    async with open_late(made) as asking:
        with pytest.raises(OSError, match="no such file"):
            await asking.get("/late/things")
        assert (await asking.get("/late/things")).text == "things"
