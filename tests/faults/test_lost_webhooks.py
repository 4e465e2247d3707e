"""Webhooks that never come: Stripe's events are polled, and every payment is found and settled.

reliability: F6, within ten simulated minutes.
"""

import asyncio
from datetime import timedelta

import pytest

from chenu.core import db
from tests.faults.counts import runs, seeds
from tests.faults.stand import Stand
from tests.rows import count

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

POLLED_EVERY = timedelta(minutes=5)
COMPLETED = "checkout.session.completed"


@pytest.mark.parametrize("seed", seeds(1))
@pytest.mark.parametrize("drop", [0.1, 0.5, 1.0])
async def test_a_poll_finds_what_was_dropped(stand: Stand, drop: float, seed: int) -> None:
    purchases = runs(20)
    await stand.stripe.deliver(drop=drop, seed=seed)
    buyers = [await stand.make_buyer(f"b{drop}{n}".replace(".", "-")) for n in range(purchases)]
    pages = [await stand.buy_until_open(buyer, "one") for buyer in buyers]
    await _let_repair_look_tomorrow()
    lost = await _count_dropped(stand)

    await asyncio.gather(*(stand.pay(page) for page in pages))
    await stand.stripe.wait_delivered()
    await stand.stripe.pass_time(POLLED_EVERY)
    await stand.settle(purchases)

    dropped = await _count_dropped(stand)
    assert await count("stripe_event", "source = 'POLL' AND type = $1", COMPLETED) == dropped
    assert drop < 1 or dropped == lost + purchases


async def _let_repair_look_tomorrow() -> None:
    """As if repair had just checked the operations, so that only polling can settle them."""
    sql = """
        UPDATE operation SET next_check_at = now() + interval '1 day'
        WHERE kind = 'CHECKOUT_PAYMENT' AND state = 'INTENT'
    """
    await db.execute(sql)


async def _count_dropped(stand: Stand) -> int:
    """Since the stand was opened."""
    listed = await stand.stripe.deliveries(COMPLETED)
    return len([one for one in listed if one["status"] == "dropped"])
