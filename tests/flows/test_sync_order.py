"""Several changes, jobs, repair and lost answers: the newest truth is what ends at Stripe."""

import asyncio
import random

import pytest

from chenu.accounts.profile import ProfileChange, update_profile
from chenu.core import db
from chenu.core.errors import ProviderUnavailable
from chenu.flows.mirrors.sync import sync_person, sync_product
from chenu.flows.operations.repair import repair_due
from chenu.flows.services import Services
from tests.conftest import SEED
from tests.flows.sales import Market, buy
from tests.flows.test_pending_changes import decide, rename
from tests.flows.test_stripe_sync import (
    connect_account_of,
    customer_of,
    due_now,
    move,
    product_of,
    try_sync,
)
from tests.people import Person
from tests.rows import count
from tests.stripe_side import AWAY, StripeSide


async def test_the_last_of_several_changes_wins(
    services: Services, stripe_side: StripeSide, market: Market
) -> None:
    await buy(services, market)

    for name in ("Ada", "Bea", "Cleo", "Ada"):
        await update_profile(market.buyer.actor, ProfileChange(display_name=name))
        await sync_person(services, market.buyer.user_id)

    assert (await customer_of(stripe_side, market.buyer))["name"] == "Ada"
    assert await count("operation", "kind = 'CUSTOMER_UPDATE'") == 4


@pytest.mark.parametrize("seed", range(5))
async def test_the_newest_ends_at_stripe_whatever_the_order(
    services: Services, stripe_side: StripeSide, market: Market, seed: int
) -> None:
    """Changes, jobs, repair and lost answers at once, several of each."""
    dice = random.Random(f"{SEED}:{seed}")
    await buy(services, market)
    path = "/v1/customers/*"
    effects = ("latency", "500_after", "truncated", AWAY, "disconnect_before", "500_stored")
    for nth in (1, 2, 4, 5, 7):
        await stripe_side.fail(dice.choice(effects), path, method="POST", nth=nth, seconds=0.05)

    async def change(number: int) -> None:
        await asyncio.sleep(dice.random() / 10)
        await update_profile(market.buyer.actor, ProfileChange(display_name=f"Name {number}"))
        await try_sync(services, market)

    await asyncio.gather(*(change(number) for number in range(6)), _repair_twice(services))
    await stripe_side.heal()
    await due_now()
    await repair_due(services)
    await sync_person(services, market.buyer.user_id)

    sql = "SELECT display_name FROM app_user WHERE id = $1"
    truth = await db.fetch_value(sql, market.buyer.user_id)
    assert (await customer_of(stripe_side, market.buyer))["name"] == truth
    assert await count("operation", "state IN ('INTENT', 'UNKNOWN')") == 0


async def _repair_twice(services: Services) -> None:
    for _ in range(2):
        await asyncio.sleep(0.05)
        await due_now()
        await repair_due(services)


async def test_an_older_change_whose_answer_was_lost_does_not_come_back(
    services: Services, stripe_side: StripeSide, market: Market
) -> None:
    await buy(services, market)
    await stripe_side.fail(AWAY, "/v1/customers/*", method="POST", times=None)
    await update_profile(market.buyer.actor, ProfileChange(display_name="Older"))
    await try_sync(services, market)
    await update_profile(market.buyer.actor, ProfileChange(display_name="Newer"))
    await try_sync(services, market)
    waiting = await count("operation", "state = 'UNKNOWN'")
    await stripe_side.heal()

    await sync_person(services, market.buyer.user_id)
    await due_now()
    await repair_due(services)

    assert waiting == 1
    assert (await customer_of(stripe_side, market.buyer))["name"] == "Newer"


async def test_a_change_is_not_refused_while_stripe_is_away_and_follows(
    services: Services, stripe_side: StripeSide, market: Market, reviewer: Person
) -> None:
    await buy(services, market)
    await stripe_side.fail(AWAY, times=None)
    await move(market.buyer, "new@example.org")
    await move(market.creator, "new2@example.org")
    await rename(market, "Trieur neuf")
    await decide(reviewer, market.agent.id, approve=True)
    for job in (
        sync_person(services, market.buyer.user_id),
        sync_person(services, market.creator.user_id),
        sync_product(services, market.agent.id),
    ):
        with pytest.raises(ProviderUnavailable):
            await job
    await stripe_side.heal()

    await due_now()
    await repair_due(services)

    assert (await customer_of(stripe_side, market.buyer))["email"] == "new@example.org"
    account = await connect_account_of(stripe_side, market.creator)
    assert account["contact_email"] == "new2@example.org"
    assert (await product_of(stripe_side, market))["name"] == "Trieur neuf"
