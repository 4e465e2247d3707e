"""One life of a market: its keys, and what goes wrong in a step of it.

What happens in it is in market_acts.py.
"""

import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

from chenu.agents.model import PurchaseId
from chenu.core.clock import business_now
from chenu.core.errors import ProviderUnavailable
from chenu.tokens.pack_orders import PackOrderId
from tests.faults.market_model import Charge, Market, Pack, Purchase
from tests.faults.market_world import World
from tests.stripe_side import StripeSide

T = TypeVar("T")

TRIES = 4
CLEAN = "none"
FORGOTTEN = "the answer is lost, and its key forgotten"
FAULTS = {
    "500_before": 1,
    "500_stored": 1,
    "500_after": 3,
    "429": 3,
    "409": 3,
    "timeout_after": 3,
    "timeout_before": 3,
    "reset_after": 1,
    "disconnect_after": 3,
    "503": 3,
}
"""F7, and how often in a row: once is hidden by the SDK, three times lose the answer."""

DAY_OF_KEYS = timedelta(hours=25, minutes=13)
"""Never whole hours, so that nothing falls on the moment at which something is due."""


@dataclass(frozen=True)
class Trouble:
    """`way` is how events arrive."""

    fault: str = CLEAN
    nth: int = 1
    way: str = "in order"


@dataclass
class Life:
    """One life of the market, in the product and in the model."""

    world: World
    market: Market
    chance: random.Random
    trouble: Trouble = field(default_factory=Trouble)
    numbers: int = 0
    ids: list[tuple[Purchase, PurchaseId]] = field(default_factory=list)
    packs: list[tuple[Pack, PackOrderId]] = field(default_factory=list)
    disputes: list[tuple[Charge, str]] = field(default_factory=list)

    def key(self) -> str:
        self.numbers += 1
        return f"key-{self.numbers}"

    def id_of(self, purchase: Purchase) -> PurchaseId:
        return next(found for each, found in self.ids if each is purchase)

    async def arm(self, trouble: Trouble) -> None:
        self.trouble = trouble
        if trouble.fault == FORGOTTEN:
            path = "^/v1/(transfers|refunds|credit_notes)"
            await self.world.stripe.fail("disconnect_after", path, method="POST", times=3)
        elif trouble.fault != CLEAN:
            await self.world.stripe.fail(
                trouble.fault, nth=trouble.nth, times=FAULTS[trouble.fault], seconds=0
            )

    @asynccontextmanager
    async def undisturbed(self) -> AsyncIterator[StripeSide]:
        """For what others do at Stripe; the trouble comes afterwards."""
        await self.world.stripe.heal()
        yield self.world.stripe
        await self.arm(self.trouble)

    async def follow(self) -> None:
        """What a worker does, during the trouble and after it."""
        await self.world.settle(self.chance, self.trouble.way)
        if self.trouble.fault == FORGOTTEN:
            await self.world.advance(DAY_OF_KEYS)
        await self.world.stripe.heal()
        if self.trouble.fault != CLEAN:
            await self.world.settle(self.chance)
        self.market.pass_time(business_now())

    async def insist(self, request: Callable[[], Awaitable[T]]) -> T:
        """Somebody who was asked to try again later does so, with the same key."""
        for _ in range(TRIES):
            try:
                return await request()
            except ProviderUnavailable:
                await self.world.stripe.heal()
                await self.world.settle(self.chance)
        raise AssertionError("it is never done")
