"""kill -9 of the web process at each point of a purchase: nothing lost, nothing doubled.

reliability: F1. The points are named in the code by chenu.core.crash_points; at point 4 the process
is killed from outside, while Stripe has done its part and says nothing.
"""

import asyncio

import httpx
import pytest

from tests.faults.counts import runs
from tests.faults.crashes import buy_through_crashes
from tests.faults.stand import Stand

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

POINTS = {
    "1-before-T1": "purchase.before_intent",
    "2-after-T1": "purchase.after_intent",
    "3-before-the-stripe-call": "CHECKOUT_SESSION.before_call",
    "5-answer-read-id-unsaved": "CHECKOUT_SESSION.after_call",
    "5b-inside-saving-the-id": "CHECKOUT_SESSION.inside_settle",
    "6-id-saved-before-answer": "purchase.before_answer",
    "7-webhook-received-unstored": "webhook.received",
    "8-stored-not-acknowledged": "webhook.stored",
}


@pytest.mark.parametrize("point", POINTS.values(), ids=POINTS.keys())
async def test_a_purchase_survives_a_kill(stand: Stand, point: str) -> None:
    await buy_through_crashes(stand, stand.web, point, runs(5))


async def test_4_stripe_accepted_answer_unread(stand: Stand) -> None:
    for run in range(runs(5)):
        buyer = await stand.make_buyer(f"unread{run}")
        made = await stand.stripe.made("checkout.session")
        await stand.stripe.fail("timeout_after", "/v1/checkout/sessions", method="POST")
        first = asyncio.create_task(stand.request(buyer, "one"))

        await stand.stripe.wait_made("checkout.session", made + 1)
        stand.web.kill()
        with pytest.raises(httpx.HTTPError):
            await first
        await stand.buy(buyer)
        await stand.settle(run + 1)

        assert await stand.stripe.made("checkout.session") == made + 1
