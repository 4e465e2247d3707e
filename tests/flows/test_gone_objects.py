"""What Stripe does not have any more is made anew, within the request that needs it, and once."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from msgspec.structs import replace

from chenu.accounts.billing_details import BillingDetailsInput, save_billing_details
from chenu.agents.model import PurchaseStatus
from chenu.agents.purchases import PurchaseRow, get_purchase
from chenu.core import db
from chenu.core.clock import system_now
from chenu.core.errors import ProviderUnavailable
from chenu.flows.checkout_pages import PaymentFailed
from chenu.flows.forgotten_pages import close_forgotten
from chenu.flows.invariants import check_books
from chenu.flows.operations.repair import repair_due
from chenu.flows.services import Services
from tests.flows.sales import (
    Market,
    another_agent,
    buy,
    open_page,
    pay_for,
    report,
    start_buying,
)
from tests.people import get_agent, make_person
from tests.rows import count, put
from tests.stripe_side import AWAY, StripeSide

COMPANY = BillingDetailsInput(
    name="Atelier Zola",
    line1="2 rue de la Paix",
    postal_code="75002",
    city="Paris",
    country="FR",
    tax_id="FR12000000000",
)


async def customer_of(market: Market) -> str:
    sql = "SELECT stripe_customer_id FROM account WHERE id = $1"
    return str(await db.fetch_value(sql, market.buyer.actor.account_id))


async def price_of(market: Market) -> str:
    return str((await get_agent(market.agent.id)).stripe_price_id)


async def open_another(services: Services, market: Market) -> PurchaseRow:
    """A page of this agent, whatever the buyer has bought before."""
    return await start_buying(services, market.buyer, market.agent, f"key-{market.agent.id}")


async def delete_customer(stripe_side: StripeSide, market: Market) -> None:
    await stripe_side.delete(f"/v1/customers/{await customer_of(market)}")


async def archive_price(stripe_side: StripeSide, market: Market) -> None:
    await stripe_side.change(f"/v1/prices/{await price_of(market)}", active="false")


async def archive_product(stripe_side: StripeSide, market: Market) -> None:
    await stripe_side.change(f"/v1/products/agent_{market.agent.id.hex}", active="false")


async def lose_everything(stripe_side: StripeSide, market: Market) -> None:
    await stripe_side.reset()


async def _customer_and_price(stripe_side: StripeSide, market: Market) -> None:
    await delete_customer(stripe_side, market)
    await archive_price(stripe_side, market)


Loss = Callable[[StripeSide, Market], Awaitable[None]]
LOSSES: dict[str, Loss] = {
    "a deleted customer": delete_customer,
    "an archived price": archive_price,
    "an archived product": archive_product,
    "customer and price": _customer_and_price,
    "everything": lose_everything,
}


@pytest.mark.parametrize("lose", LOSSES.values(), ids=LOSSES.keys())
async def test_a_page_opens_and_is_paid_whatever_is_gone(
    services: Services, stripe_side: StripeSide, market: Market, lose: Loss
) -> None:
    await buy(services, market)
    second = replace(market, buyer=await make_person("zoe"))
    await buy(services, second)
    await db.execute("UPDATE access_grant SET revoked_at = now()")
    await db.execute("UPDATE purchase SET status = 'REFUNDED'")
    await lose(stripe_side, second)

    purchase = await start_buying(services, second.buyer, second.agent, "key-2")

    assert purchase.checkout_url is not None
    assert await pay_for(purchase) == 303
    assert (await report(services, purchase)).purchase.status is PurchaseStatus.PAID


async def test_a_deleted_customer_keeps_its_history_and_has_one_successor(
    services: Services, stripe_side: StripeSide, market: Market
) -> None:
    await buy(services, market)
    old = await customer_of(market)
    other = await another_agent(services, market)
    await delete_customer(stripe_side, market)

    purchase = await open_another(services, other)

    new = await customer_of(market)
    session = await stripe_side.get(f"/v1/checkout/sessions/{purchase.checkout_session_id}")
    assert old != new == session["customer"]
    assert await stripe_side.list_all("/v1/customers", email=market.buyer.email) != []
    for customer in (old, new):
        assert await count("operation", "kind = 'CUSTOMER' AND stripe_id = $1", customer) == 1
    assert await count("operation", "error_code = 'customer_gone' AND state = 'FAILED'") == 1
    assert [finding for finding in await check_books() if not finding.ok] == []


async def test_a_customer_that_is_gone_again_and_again_is_made_each_time(
    services: Services, stripe_side: StripeSide, market: Market
) -> None:
    seen = set[str]()
    for _ in range(3):
        other = await another_agent(services, market)
        assert (await open_another(services, other)).checkout_url is not None
        seen.add(await customer_of(market))
        await delete_customer(stripe_side, market)

    assert len(seen) == 3


async def test_a_customer_found_gone_with_its_new_tax_number_is_made_anew(
    services: Services, stripe_side: StripeSide, market: Market
) -> None:
    await save_billing_details(market.buyer.actor, COMPANY)
    await buy(services, market)
    other = await another_agent(services, market)
    await delete_customer(stripe_side, market)
    await save_billing_details(market.buyer.actor, replace(COMPANY, tax_id="DE136695976"))

    page = await open_another(services, other)

    assert page.checkout_url is not None
    assert await count("operation", "kind = 'CUSTOMER_TAX_ID' AND state = 'FAILED'") == 1


@pytest.mark.parametrize("buys", [2, 8])
async def test_several_buys_at_once_make_one_customer(
    services: Services, stripe_side: StripeSide, market: Market, buys: int
) -> None:
    await buy(services, market)
    others = [await another_agent(services, market) for _ in range(buys)]
    await delete_customer(stripe_side, market)
    await stripe_side.watch("/v1/customers", method="POST")

    pages = await asyncio.gather(*(open_another(services, other) for other in others))

    assert [page.checkout_url is not None for page in pages] == [True] * buys
    assert await stripe_side.hits() == [1]


@pytest.mark.parametrize("lose", [archive_price, archive_product], ids=["price", "product"])
async def test_twenty_buyers_of_an_archived_price_make_one_new_price(
    services: Services, stripe_side: StripeSide, market: Market, lose: Loss
) -> None:
    await buy(services, market)
    old = await price_of(market)
    buyers = [await make_person(f"buyer{number}") for number in range(20)]
    await lose(stripe_side, market)

    pages = await asyncio.gather(*(start_buying(services, buyer, market.agent) for buyer in buyers))

    assert all(page.checkout_url for page in pages)
    prices = await stripe_side.list_all("/v1/prices", product=f"agent_{market.agent.id.hex}")
    assert {price["id"] for price in prices} == {old, await price_of(market)}
    assert old != await price_of(market)
    assert await count("operation", "kind = 'AGENT_PRICE' AND stripe_id = $1", old) == 1


@pytest.mark.parametrize("lose", LOSSES.values(), ids=LOSSES.keys())
async def test_a_page_that_is_open_already_is_replaced_when_the_buyer_asks_again(
    services: Services, stripe_side: StripeSide, market: Market, lose: Loss
) -> None:
    first = await open_page(services, market)
    await lose(stripe_side, market)

    second = await start_buying(services, market.buyer, market.agent, "key-2")

    assert first.id != second.id
    assert (await get_purchase(first.id)).status is PurchaseStatus.CANCELED
    assert await pay_for(second) == 303


async def test_a_page_that_stripe_does_not_have_any_more_is_canceled(
    services: Services, stripe_side: StripeSide, market: Market
) -> None:
    purchase = await open_page(services, market)
    await stripe_side.reset()

    await report(services, purchase)

    canceled = await get_purchase(purchase.id)
    assert (canceled.status, canceled.failure_code) == (PurchaseStatus.CANCELED, "checkout_gone")


async def test_a_customer_that_stripe_refused_once_is_asked_for_again(
    services: Services, stripe_side: StripeSide, market: Market
) -> None:
    """A refusal is no reason to refuse everything for good."""
    await stripe_side.fail("card_error", "/v1/customers", code="email_invalid")
    with pytest.raises(PaymentFailed):
        await start_buying(services, market.buyer, market.agent)

    purchase = await start_buying(services, market.buyer, market.agent, "key-2")

    assert purchase.checkout_url is not None


@pytest.mark.parametrize("path", ["/v1/products", "/v1/prices"])
async def test_a_price_that_stripe_refused_once_is_asked_for_again(
    services: Services, stripe_side: StripeSide, market: Market, path: str
) -> None:
    await stripe_side.fail("card_error", path, method="POST", times=None)
    with pytest.raises(PaymentFailed):
        await start_buying(services, market.buyer, market.agent)
    await stripe_side.heal()

    purchase = await start_buying(services, market.buyer, market.agent, "key-2")

    assert purchase.checkout_url is not None


async def open_refused(services: Services, stripe_side: StripeSide, market: Market) -> Market:
    """A purchase whose process died after Stripe refused the page, before a new customer was
    created.
    """
    await buy(services, market)
    other = await another_agent(services, market)
    await stripe_side.fail(AWAY, "/v1/checkout/sessions", method="POST")
    with pytest.raises(ProviderUnavailable):
        await open_another(services, other)
    await delete_customer(stripe_side, market)
    await put("operation", "next_check_at", system_now(), "next_check_at IS NOT NULL")
    await repair_due(services)
    assert await count("purchase", "status = 'PENDING' AND checkout_url IS NULL") == 1
    return other


async def test_a_request_that_repair_found_refused_goes_on_with_the_next_click(
    services: Services, stripe_side: StripeSide, market: Market
) -> None:
    other = await open_refused(services, stripe_side, market)

    purchase = await start_buying(services, other.buyer, other.agent, "key-2")

    assert purchase.checkout_url is not None
    assert await count("purchase", "agent = $1", other.agent.id) == 1


async def test_a_request_that_repair_found_refused_is_forgotten_after_an_hour(
    services: Services, stripe_side: StripeSide, market: Market
) -> None:
    other = await open_refused(services, stripe_side, market)
    await close_forgotten(services)
    assert await count("purchase", "status = 'PENDING'") == 1
    await db.execute("UPDATE purchase SET updated_at = now() - interval '2 hours'")

    await close_forgotten(services)

    assert await count("purchase", "agent = $1 AND status = 'CANCELED'", other.agent.id) == 1
