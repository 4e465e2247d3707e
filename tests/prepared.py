"""Markets that are built once per process and restored for each test that begins with one.

The rows and Stripe's sandbox are restored together, as they were: whoever was paid, refused or
closed by an earlier test is no part of it. What a test changes before it begins with a market, in
the sandbox as in the database, is not part of it either.
"""

import copy
import time
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx

from chenu.core.clock import CLOCK
from chenu.flows.services import Services
from chenu.settings import SANDBOX_KEY
from tests.database import OwnedDatabase
from tests.recording import keep_events_so_far

Result = TypeVar("Result")

_MAX_AGE_SECONDS = 40.0
"""A session that was not seen for a minute costs its next request one more statement."""


@dataclass(frozen=True)
class _Stored:
    """What one build made: rows as SQL, a snapshot of the sandbox, the result."""

    rows: str
    snapshot: str
    result: Any
    made_at: float


@dataclass
class PreparedMarkets:
    """What was built over an empty database and an empty sandbox in this process, by its key."""

    database: OwnedDatabase
    services: Services
    stripe: httpx.AsyncClient
    stored: dict[Hashable, _Stored] = field(default_factory=dict)
    is_building: bool = False

    async def get(self, key: Hashable, build: Callable[[], Awaitable[Result]]) -> Result:
        """Restored when it can be; built where there is something of the test's own already."""
        if self.is_building or CLOCK.offset or not await self.database.is_empty():
            return await build()
        await keep_events_so_far(self.stripe)
        stored = self.stored.get(key)
        if stored is None or time.monotonic() - stored.made_at > _MAX_AGE_SECONDS:
            stored = await self._build(key, build)
        else:
            await self._control(f"snapshots/{stored.snapshot}/restore")
            await self.database.load(stored.rows)
        result: Result = copy.deepcopy(stored.result)
        return result

    async def _build(self, key: Hashable, build: Callable[[], Awaitable[Any]]) -> _Stored:
        if key in self.stored:
            await self._control(f"snapshots/{self.stored.pop(key).snapshot}/delete")
        await self._control("reset")
        made_at = time.monotonic()
        self.is_building = True
        try:
            result = await build()
        finally:
            self.is_building = False
        snapshot = (await self._control("snapshots"))["id"]
        stored = _Stored(await self.database.dump(), snapshot, result, made_at)
        self.stored[key] = stored
        return stored

    async def _control(self, path: str) -> dict[str, Any]:
        answer = await self.stripe.post(f"/_sandbox/{path}", json={})
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body


_MARKETS: list[PreparedMarkets] = []
"""Those of this process, while its engines run."""


def open_markets(database: OwnedDatabase, services: Services) -> PreparedMarkets:
    base = services.settings.stripe.api_base
    assert base is not None
    headers = {"authorization": f"Bearer {SANDBOX_KEY}"}
    stripe = httpx.AsyncClient(base_url=base, headers=headers, timeout=10)
    markets = PreparedMarkets(database, services, stripe)
    _MARKETS.append(markets)
    return markets


async def close_markets(markets: PreparedMarkets) -> None:
    _MARKETS.remove(markets)
    await markets.stripe.aclose()


async def prepare(
    services: Services, key: Hashable, build: Callable[[], Awaitable[Result]]
) -> Result:
    """Whatever `build` makes; services that differ from the shared ones build it themselves."""
    for markets in _MARKETS:
        if markets.services is services:
            return await markets.get(key, build)
    return await build()
