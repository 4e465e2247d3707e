"""A payment page is open only while the offer stands: price, agent and seller."""

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from chenu.agents.errors import PriceChanged
from chenu.agents.listing import ListingFields
from chenu.agents.model import PriceType, PurchaseStatus
from chenu.agents.purchases import PurchaseRow, get_purchase
from chenu.billing import connect_accounts, inbox
from chenu.billing.gateway import EventSummary
from chenu.billing.inbox import EventSource
from chenu.core.clock import system_now
from chenu.flows.creators.edit_agent import PriceInput, update_agent
from chenu.flows.creators.review_agent import archive_agent
from chenu.flows.events.handling import handle_event
from chenu.flows.services import Services
from tests.conftest import Engines
from tests.flows.sales import (
    Market,
    close_pages,
    open_page,
    pay_for,
    start_buying,
)
from tests.people import get_agent
from tests.rows import count, count_jobs
from tests.stripe_side import StripeSide
from tests.waiting import until


async def status_at_stripe(stripe_side: StripeSide, purchase: PurchaseRow) -> str:
    session = await stripe_side.get(f"/v1/checkout/sessions/{purchase.checkout_session_id}")
    return str(session["status"])


async def change_price(market: Market, amount: int = 1500) -> None:
    price = PriceInput(PriceType.ONE_TIME, amount)
    await update_agent(market.creator.actor, market.agent.id, ListingFields(), price)


async def _new_price(services: Services, stripe_side: StripeSide, market: Market) -> None:
    await change_price(market)


async def _free(services: Services, stripe_side: StripeSide, market: Market) -> None:
    price = PriceInput(PriceType.FREE)
    await update_agent(market.creator.actor, market.agent.id, ListingFields(), price)


async def _archived(services: Services, stripe_side: StripeSide, market: Market) -> None:
    await archive_agent(market.creator.actor, market.agent.id)


async def _restricted(services: Services, stripe_side: StripeSide, market: Market) -> None:
    """Stripe restricts the seller and sends a webhook."""
    account = await connect_accounts.find_of_user(market.creator.user_id)
    assert account is not None
    assert account.stripe_account_id is not None
    await stripe_side.set_capability(account.stripe_account_id, "restricted")
    event = EventSummary(
        "evt_restricted",
        "v2.core.account[configuration.recipient].capability_status_updated",
        account.stripe_account_id,
        None,
        system_now(),
    )
    await inbox.store_event(event, EventSource.WEBHOOK)
    await handle_event(services, event.id)


Change = Callable[[Services, StripeSide, Market], Awaitable[None]]
CHANGES: dict[str, Change] = {
    "another price": _new_price,
    "no price": _free,
    "an archived agent": _archived,
    "a restricted seller": _restricted,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
async def test_a_change_of_the_offer_closes_its_pages(
    services: Services, stripe_side: StripeSide, market: Market, change: Change
) -> None:
    purchase = await open_page(services, market)

    await change(services, stripe_side, market)
    assert await count_jobs("close_checkouts") == 1
    await close_pages(services, market.agent.id)

    assert (await get_purchase(purchase.id)).status is PurchaseStatus.CANCELED
    assert await status_at_stripe(stripe_side, purchase) == "expired"
    assert await pay_for(purchase) != 303
    assert await stripe_side.charges_of(purchase.id) == []


async def test_an_edit_that_leaves_the_offer_as_it_was_closes_nothing(
    services: Services, market: Market
) -> None:
    purchase = await open_page(services, market)

    await update_agent(market.creator.actor, market.agent.id, ListingFields(name="Neuf"), None)
    await close_pages(services, market.agent.id)

    assert (await get_purchase(purchase.id)).is_pending
    assert await pay_for(purchase) == 303


async def test_after_a_change_of_price_a_new_request_opens_a_page_of_the_new_price(
    services: Services, stripe_side: StripeSide, market: Market
) -> None:
    """Even before the job that closes the old page has run."""
    first = await open_page(services, market)
    await change_price(market)

    second = await start_buying(services, market.buyer, await get_agent(market.agent.id), "key-2")

    session = await stripe_side.get(f"/v1/checkout/sessions/{second.checkout_session_id}")
    assert (second.price_amount, session["amount_total"]) == (1500, 1500)
    assert (await get_purchase(first.id)).status is PurchaseStatus.CANCELED


async def test_a_page_is_never_opened_for_another_price_than_the_request(
    services: Services, stripe_side: StripeSide, market: Market
) -> None:
    """The price changes between the request and the call to Stripe that opens its page."""
    await stripe_side.fail("latency", "/v1/customers", seconds=0.5)
    buying = asyncio.create_task(start_buying(services, market.buyer, market.agent))
    await until(lambda: count("operation", "kind = 'CUSTOMER'"))
    await change_price(market)

    with pytest.raises(PriceChanged):
        await buying

    assert await count("operation", "kind = 'CHECKOUT_SESSION'") == 0
    await close_pages(services, market.agent.id)
    assert await count("purchase", "status = 'CANCELED'") == 1


async def test_a_request_for_the_new_price_never_gets_the_page_of_the_old_one(
    services: Services, engines: Engines, market: Market
) -> None:
    """The price changes while the request waits for another one of the same buyer."""
    await open_page(services, market)
    connection = await asyncpg.connect(engines.postgres_url)
    try:
        async with connection.transaction():
            sql = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"
            name = f"buy:{market.buyer.actor.account_id}:{market.agent.id}"
            await connection.execute(sql, name)
            buying = asyncio.create_task(
                start_buying(services, market.buyer, market.agent, "key-2", expected_amount=1500)
            )
            await until(lambda: count("pg_locks", "locktype = 'advisory' AND NOT granted"))
            await connection.execute("UPDATE agent SET price = 1500, stripe_price_id = NULL")
    finally:
        await connection.close()

    with pytest.raises(PriceChanged):
        await buying
