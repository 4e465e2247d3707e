"""Webhooks that come one to five times, shuffled, up to eight at once: one effect each.

reliability: F4.
"""

import asyncio

import pytest

from tests.faults.counts import seeds
from tests.faults.stand import Stand
from tests.rows import count

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

EVENTS = 50
COMPLETED = "checkout.session.completed"


@pytest.mark.parametrize("seed", seeds(10))
async def test_however_often_an_event_comes_it_has_one_effect(stand: Stand, seed: int) -> None:
    await stand.stripe.deliver(
        mode="shuffle", duplicate=0.8, max_copies=5, seed=seed, max_concurrent=8
    )
    handled = await count("stripe_event", "type = $1", COMPLETED)
    known = {one["id"] for one in await stand.stripe.deliveries(COMPLETED)}
    buyers = [await stand.make_buyer(f"b{seed}n{n}") for n in range(EVENTS)]

    await asyncio.gather(*(stand.buy(buyer) for buyer in buyers))
    await stand.stripe.wait_delivered()
    await stand.settle(EVENTS)

    assert await count("stripe_event", "type = $1", COMPLETED) == handled + EVENTS
    came = [one for one in await stand.stripe.deliveries(COMPLETED) if one["id"] not in known]
    assert len(came) > 2 * EVENTS, "eight of ten come two to five times"
    assert {one["status"] for one in came} == {"succeeded"}
