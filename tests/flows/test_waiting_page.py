"""The page that waits asks Stripe every few seconds at most, and webhooks do little of a worker's.

Whoever looks in between is told what is known.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from chenu.billing import inbox
from chenu.billing.gateway import CheckoutSession, EventSummary
from chenu.billing.inbox import EventSource
from chenu.billing.live_gateway import LiveGateway
from chenu.core import db
from chenu.core.clock import system_now
from chenu.flows.events.handling import stand_in_for_worker
from chenu.flows.purchases.state import PurchaseState
from chenu.flows.services import Services
from tests.conftest import with_gateway, with_settings
from tests.flows.sales import open_page, open_quiet_market, pay_for, report
from tests.rows import count, put
from tests.stripe_side import AWAY, StripeSide
from tests.waiting import until

_SESSIONS = "/v1/checkout/sessions/*"


async def test_twenty_who_look_at_once_and_again_ask_stripe_once(
    services: Services, stripe_side: StripeSide
) -> None:
    purchase = await open_page(services, await open_quiet_market(services))
    patient = with_settings(services, cache_seconds=1)
    await stripe_side.watch(_SESSIONS)

    for _ in range(2):
        await asyncio.gather(*(report(patient, purchase) for _ in range(20)))

    assert await stripe_side.hits() == [1]


async def test_a_few_seconds_later_stripe_is_asked_again(
    services: Services, stripe_side: StripeSide
) -> None:
    purchase = await open_page(services, await open_quiet_market(services))
    patient = with_settings(services, cache_seconds=1)
    early = await report(patient, purchase)
    assert await pay_for(purchase) == 303
    known = await report(patient, purchase)

    await put("purchase", "stripe_asked_at", system_now() - timedelta(seconds=3))
    late = await report(patient, purchase)

    states = [early.state, known.state, late.state]
    assert states == [PurchaseState.OPEN, PurchaseState.OPEN, PurchaseState.PAID]


async def test_who_looks_while_stripe_is_away_is_informed_without_asking(
    services: Services, stripe_side: StripeSide
) -> None:
    purchase = await open_page(services, await open_quiet_market(services))
    patient = with_settings(services, cache_seconds=1)
    await stripe_side.fail(AWAY, _SESSIONS, times=None)

    states = [(await report(patient, purchase)).state for _ in range(3)]

    assert states == [PurchaseState.CONFIRMING] * 3
    assert await stripe_side.hits() == [1]


class SlowStripe(LiveGateway):
    """Nobody has an answer before `may_answer`."""

    def __init__(self, settings: Any) -> None:
        super().__init__(settings)
        self.asked = 0
        self.may_answer = asyncio.Event()

    async def get_checkout(self, session_id: str) -> CheckoutSession:
        self.asked += 1
        await self.may_answer.wait()
        return await super().get_checkout(session_id)


@pytest.fixture
async def slow(services: Services) -> AsyncIterator[SlowStripe]:
    gateway = SlowStripe(services.settings.stripe)
    yield gateway
    await gateway.close()


async def test_a_flood_of_webhooks_without_a_worker_does_the_work_of_two(
    services: Services, slow: SlowStripe
) -> None:
    for number in range(20):
        event = EventSummary(
            f"evt_{number}", "checkout.session.completed", f"cs_{number}", None, system_now()
        )
        await inbox.store_event(event, EventSource.WEBHOOK)
    await db.execute("UPDATE pgqueuer SET execute_after = now() - interval '1 minute'")
    waiting = with_gateway(services, slow)

    flood = asyncio.gather(*(stand_in_for_worker(waiting, f"evt_{n}") for n in range(20)))
    await until(lambda: _is(slow.asked >= 2))
    asked = slow.asked
    slow.may_answer.set()
    await flood

    assert asked == 2
    assert await count("stripe_event") == 20


async def _is(value: bool) -> bool:
    return value
