"""A cancellation that meets the renewal of a monthly agent: paid and used, or neither. F14."""

import asyncio
import contextlib
import random

import pytest

from chenu.agents.purchases import get_purchase
from chenu.core.errors import ChenuError
from chenu.flows.agent_subscriptions.renewal import cancel_purchase, resume_purchase
from chenu.flows.services import Services
from tests.faults.counts import seeds
from tests.flows.monthly import begin, is_usable, payments_of, subscription_of
from tests.flows.plans import advance, catch_up, move_clocks
from tests.flows.sales import open_monthly_market
from tests.flows.test_sale_refunds import require_true_books
from tests.stripe_side import StripeSide

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]


@pytest.mark.parametrize("seed", seeds(20))
@pytest.mark.parametrize("wavers", [False, True], ids=["cancels", "cancels and resumes"])
async def test_a_cancellation_meets_a_renewal(
    services: Services, stripe_side: StripeSide, wavers: bool, seed: int
) -> None:
    draw = random.Random(seed)
    await stripe_side.reset()
    market = await open_monthly_market(services)
    purchase = await begin(services, market)
    await advance(services, 29)

    async def later(turns: int) -> None:
        for _ in range(turns):
            await asyncio.sleep(0)

    async def cancel() -> None:
        await later(draw.randint(0, 40))
        with contextlib.suppress(ChenuError):
            await cancel_purchase(services, market.buyer.actor, purchase.id, "cancel")

    async def resume() -> None:
        await later(draw.randint(0, 80))
        with contextlib.suppress(ChenuError):
            await resume_purchase(services, market.buyer.actor, purchase.id, "resume")

    async def renew() -> None:
        await later(draw.randint(0, 40))
        await move_clocks(services, 3)
        await catch_up(services)

    await asyncio.gather(cancel(), renew(), *([resume()] if wavers else []))

    await require_true_books(services)
    row = await subscription_of(purchase)
    paid = [
        each
        for each in await stripe_side.list_all(
            "/v1/invoices", subscription=row.stripe_subscription_id
        )
        if each["status"] == "paid"
    ]
    assert len(await payments_of(purchase)) == len(paid)
    status = (await get_purchase(purchase.id)).status
    assert await is_usable(purchase) == (status != "ENDED")
    theirs = await stripe_side.get(f"/v1/subscriptions/{row.stripe_subscription_id}")
    assert (theirs["status"] == "canceled") == (status == "ENDED")
    assert row.cancel_at_period_end == theirs["cancel_at_period_end"]
