"""A10: whoever tries to pay another price than the one of the offer pays it, or nothing."""

from typing import Any

import httpx
import pytest

from chenu.agents.listing import ListingFields
from chenu.agents.model import PriceType
from chenu.agents.purchases import get_purchase
from chenu.flows.creators.edit_agent import PriceInput, update_agent
from chenu.flows.services import Services
from tests.api.calls import as_session, gid
from tests.flows.packs import open_packs
from tests.flows.sales import (
    another_agent,
    close_pages,
    open_market,
    open_page,
    pay_for,
    report,
    start_buying,
    work_off,
)
from tests.rows import count, put
from tests.storefront.browser import Browser
from tests.stripe_side import StripeSide

PRICE = 999
TERMS: dict[str, dict[str, Any]] = {
    "a cent": {"expectedAmountMinor": 1},
    "nothing": {"expectedAmountMinor": 0},
    "less than nothing": {"expectedAmountMinor": -PRICE},
    "a cent less": {"expectedAmountMinor": PRICE - 1},
    "a cent more": {"expectedAmountMinor": PRICE + 1},
    "beyond 32 bits": {"expectedAmountMinor": 2**32 + PRICE},
    "beyond 64 bits": {"expectedAmountMinor": 2**64 + PRICE},
    "parts of cents": {"expectedAmountMinor": 999.5},
    "a power": {"expectedAmountMinor": "9.99e2"},
    "no number": {"expectedAmountMinor": None},
    "a price of one's own": {"price": 1},
    "another currency": {"currency": "IDR"},
    "no copies": {"quantity": 0},
    "a copy back": {"quantity": -1},
    "copies beyond counting": {"quantity": 2**63},
    "a code": {"couponCode": "LAUNCH50"},
    "another share": {"creatorShareMinor": 0},
    "somebody else's account": {"accountId": "x"},
    "a page of somebody else": {"successUrl": "https://evil.example/"},
}


@pytest.mark.parametrize("more", TERMS.values(), ids=TERMS.keys())
async def test_no_request_names_its_own_price(
    client: httpx.AsyncClient, services: Services, more: dict[str, Any]
) -> None:
    market = await open_market(services, price=PRICE)
    api = as_session(client, services, market.buyer)
    request = {
        "agentId": gid("Agent", market.agent.id),
        "expectedAmountMinor": PRICE,
        "idempotencyKey": "tampering",
        "acceptImmediateSupply": True,
        **more,
    }

    reply = await api.run("BuyAgent", input=request)

    assert reply.codes or reply.refusals()
    assert await count("purchase") == 0


@pytest.mark.parametrize(
    "more",
    [{"quantity": -1}, {"quantity": 2**63}, {"amountMinor": 1}, {"currency": "IDR"}, {"bonus": 9}],
    ids=str,
)
async def test_a_pack_has_no_terms_of_its_buyer(
    client: httpx.AsyncClient, services: Services, more: dict[str, Any]
) -> None:
    person = await open_packs(services)
    api = as_session(client, services, person)

    reply = await api.run("BuyPack", input={"packCode": "pack_1k", "idempotencyKey": "k", **more})

    assert reply.codes
    assert await count("pack_order") == 0


@pytest.mark.parametrize("state", ["DRAFT", "PENDING_REVIEW", "REJECTED", "ARCHIVED", "SUSPENDED"])
async def test_a_price_that_is_not_public_is_no_offer(
    client: httpx.AsyncClient, services: Services, state: str
) -> None:
    market = await open_market(services, price=PRICE)
    await put("agent", "status", state)
    api = as_session(client, services, market.buyer)
    request = {
        "agentId": gid("Agent", market.agent.id),
        "expectedAmountMinor": PRICE,
        "idempotencyKey": "unpublished",
        "acceptImmediateSupply": True,
    }

    reply = await api.run("BuyAgent", input=request)

    assert reply.refusals()
    assert await count("purchase") == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"price": "1"},
        {"quantity": "-1"},
        {"currency": "idr"},
        {"coupon_code": "LAUNCH50"},
        {"agent_id": "another"},
        {"line_items[0][price_data][unit_amount]": "1"},
    ],
    ids=str,
)
async def test_fields_that_the_form_does_not_have_change_nothing(
    client: httpx.AsyncClient, services: Services, stripe_side: StripeSide, fields: dict[str, str]
) -> None:
    await stripe_side.reset()
    market = await open_market(services, price=PRICE)
    browser = Browser(client, services.settings).become(market.buyer)
    page = f"/agents/{market.agent.slug}"
    form = (await browser.get(page)).form(f"{page}/buy")
    fields = {**dict(form.fields), "accept_immediate_supply": "on", **fields}

    await browser.post(form.action, fields)

    [session] = await stripe_side.list_all("/v1/checkout/sessions")
    assert (session["amount_total"], session["currency"]) == (PRICE, "eur")


async def test_the_paid_page_of_a_cheap_agent_pays_no_dear_one(
    client: httpx.AsyncClient, services: Services, stripe_side: StripeSide
) -> None:
    """The address after payment names a page of Stripe; ours is the one that counts."""
    await stripe_side.reset()
    market = await open_market(services, price=PRICE)
    cheap = await another_agent(services, market)
    dear_one = await start_buying(services, market.buyer, market.agent, "dear")
    cheap_one = await start_buying(services, market.buyer, cheap.agent, "cheap")
    assert await pay_for(cheap_one) == 303
    paid = cheap_one.checkout_session_id
    browser = Browser(client, services.settings).become(market.buyer)

    for name in ("session_id", "checkout_session", "payment_intent"):
        await browser.get(f"/purchases/{dear_one.id}?{name}={paid}")
    await work_off(services)

    assert (await get_purchase(dear_one.id)).is_pending
    assert (await report(services, dear_one)).state.name == "OPEN"


async def test_a_page_with_the_price_of_before_is_paid_by_nobody(
    services: Services, stripe_side: StripeSide
) -> None:
    await stripe_side.reset()
    market = await open_market(services, price=PRICE)
    purchase = await open_page(services, market)
    dearer = PriceInput(PriceType.ONE_TIME, 2 * PRICE)
    await update_agent(market.creator.actor, market.agent.id, ListingFields(), dearer)
    await close_pages(services, market.agent.id)

    assert await pay_for(purchase) != 303

    await work_off(services)
    assert await count("purchase_payment") == 0
    assert await stripe_side.list_all("/v1/charges") == []
