"""Changes that Stripe refuses, that meet what is gone, or whose job is lost: nothing is stuck."""

from chenu.agents.creators import update_creator
from chenu.billing import connect_accounts
from chenu.core import db
from chenu.flows.mirrors.stale import sync_stale
from chenu.flows.mirrors.sync import sync_person, sync_product
from chenu.flows.services import Services
from tests.flows.sales import Market, another_agent, buy, start_buying
from tests.flows.test_pending_changes import decide, rename
from tests.flows.test_stripe_sync import (
    connect_account_of,
    customer_of,
    move,
)
from tests.people import Person
from tests.rows import count, count_jobs
from tests.stripe_side import StripeSide


async def test_an_address_that_stripe_refuses_neither_blocks_nor_is_sent_for_ever(
    services: Services, stripe_side: StripeSide, market: Market
) -> None:
    await buy(services, market)
    other = await another_agent(services, market)
    await move(market.buyer, "new@example.org")
    await stripe_side.fail("card_error", "/v1/customers/*", code="email_invalid", times=None)

    purchase = await start_buying(services, other.buyer, other.agent, "key-2")
    await sync_person(services, market.buyer.user_id)

    assert purchase.checkout_url is not None
    assert await stripe_side.hits() == [1]
    await stripe_side.heal()
    await move(market.buyer, "newer@example.org")
    await sync_person(services, market.buyer.user_id)
    assert (await customer_of(stripe_side, market.buyer))["email"] == "newer@example.org"


async def test_a_change_of_a_customer_that_is_gone_makes_a_new_one(
    services: Services, stripe_side: StripeSide, market: Market
) -> None:
    await buy(services, market)
    old = (await customer_of(stripe_side, market.buyer))["id"]
    await stripe_side.delete(f"/v1/customers/{old}")
    await move(market.buyer, "new@example.org")

    await sync_person(services, market.buyer.user_id)

    customer = await customer_of(stripe_side, market.buyer)
    assert (customer["email"], customer["id"] != old) == ("new@example.org", True)


async def test_a_change_of_a_connect_account_that_is_closed_opens_none(
    services: Services, stripe_side: StripeSide, market: Market
) -> None:
    account = await connect_account_of(stripe_side, market.creator)
    await stripe_side.close_account(account["id"])
    await move(market.creator, "new@example.org")

    await sync_person(services, market.creator.user_id)

    known = await connect_accounts.find_of_user(market.creator.user_id)
    assert known is not None
    assert (known.is_closed, known.stripe_account_id) == (True, account["id"])
    assert await count("creator", "payouts_ready") == 0


async def test_a_change_whose_job_is_lost_is_found(
    services: Services, market: Market, reviewer: Person
) -> None:
    await buy(services, market)
    await sync_stale()
    assert await count_jobs("sync_person") + await count_jobs("sync_agent") == 0
    await move(market.buyer, "new@example.org")
    await update_creator(market.creator.actor, "Atelier Sud", None)
    await rename(market, "Trieur neuf")
    await decide(reviewer, market.agent.id, approve=True)
    await db.execute("DELETE FROM pgqueuer")

    await sync_stale()
    jobs = await count_jobs("sync_person"), await count_jobs("sync_agent")
    for person in (market.buyer, market.creator):
        await sync_person(services, person.user_id)
    await sync_product(services, market.agent.id)
    await db.execute("DELETE FROM pgqueuer")
    await sync_stale()

    assert jobs == (2, 1)
    assert await count_jobs("sync_person") + await count_jobs("sync_agent") == 0
