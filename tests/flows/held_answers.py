"""A gateway whose answers arrive in an order that the test chooses.

Requests are sent to the sandbox at once; each answer is withheld until the test releases it. So a
test can change Stripe between two requests, and let the older answer arrive last.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import permutations
from typing import TypeVar

from chenu.billing.customer_requests import CustomerAddress
from chenu.billing.gateway import CheckoutSession, ConnectState, PriceState
from chenu.billing.live_gateway import LiveGateway
from chenu.flows.services import Services
from chenu.settings import StripeSettings
from tests.conftest import with_gateway

T = TypeVar("T")

ORDERS = list(permutations(range(3)))
"""The orders in which three answers can arrive."""
ORDER_IDS = ["".join(str(place + 1) for place in order) for order in ORDERS]


class HeldGateway(LiveGateway):
    """Withholds answers about the state of objects while `is_holding`."""

    def __init__(self, settings: StripeSettings) -> None:
        super().__init__(settings)
        self.is_holding = False
        self.held: list[asyncio.Event] = []
        self._arrived = asyncio.Condition()

    async def get_connect_state(self, account_id: str) -> ConnectState:
        return await self._hold(super().get_connect_state(account_id))

    async def find_price(self, price_id: str) -> PriceState | None:
        return await self._hold(super().find_price(price_id))

    async def get_checkout(self, session_id: str) -> CheckoutSession:
        return await self._hold(super().get_checkout(session_id))

    async def is_customer_there(self, customer_id: str) -> bool:
        return await self._hold(super().is_customer_there(customer_id))

    async def find_address(self, customer_id: str) -> CustomerAddress | None:
        return await self._hold(super().find_address(customer_id))

    async def _hold(self, asked: Awaitable[T]) -> T:
        """A refusal is withheld like any other answer."""
        try:
            return await asked
        finally:
            if self.is_holding:
                gate = asyncio.Event()
                async with self._arrived:
                    self.held.append(gate)
                    self._arrived.notify_all()
                await gate.wait()

    async def wait_held(self, number: int) -> None:
        async with self._arrived:
            await self._arrived.wait_for(lambda: len(self.held) >= number)


Change = Callable[[], Awaitable[object]]
Ask = Callable[[Services], Awaitable[object]]


@asynccontextmanager
async def holding(services: Services) -> AsyncIterator[tuple[Services, HeldGateway]]:
    gateway = HeldGateway(services.settings.stripe)
    try:
        yield with_gateway(services, gateway), gateway
    finally:
        await gateway.close()


async def ask_in_between(
    services: Services, changes: list[Change], ask: Ask, order: tuple[int, ...]
) -> None:
    """Sends a request after each change of Stripe; their answers arrive in this order."""
    async with holding(services) as (held_services, gateway):
        gateway.is_holding = True
        asking = list[asyncio.Task[object]]()
        for number, change in enumerate(changes, 1):
            await change()
            asking.append(asyncio.ensure_future(_run(ask, held_services)))
            await asyncio.wait_for(gateway.wait_held(number), 10)
        gateway.is_holding = False
        for place in order:
            gateway.held[place].set()
            await asking[place]


async def _run(ask: Ask, services: Services) -> object:
    return await ask(services)
