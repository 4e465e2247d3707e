"""A sale's page shows its creator every cent, the rule and each entry, and nothing of the buyer."""

from uuid import UUID

import pytest

from chenu.accounts.actor import Staff
from chenu.agents.model import PaymentId
from chenu.agents.payments import list_payments
from chenu.agents.purchases import PurchaseRow
from chenu.flows.services import Services
from chenu.ledger.postings import PROCESSING_KINDS, list_postings
from tests.flows.plans import catch_up
from tests.flows.sales import Market, open_market
from tests.flows.test_disputes import open_dispute
from tests.flows.test_sale_refunds import refund, sell
from tests.rows import put
from tests.storefront.browser import Browser
from tests.storefront.test_tokens import squeeze
from tests.storefront.visitors import make_reader
from tests.stripe_side import StripeSide


@pytest.fixture
async def market(services: Services, stripe_side: StripeSide) -> Market:
    await stripe_side.reset()
    return await open_market(services)


@pytest.fixture
async def sale(services: Services, market: Market) -> PurchaseRow:
    sold = await sell(services, market)
    await put("app_user", "locale", "en")
    return sold


async def payment_id_of(sale: PurchaseRow) -> PaymentId:
    [payment] = await list_payments([sale.id])
    return payment.id


async def test_every_entry_of_a_refunded_sale_is_on_its_page(
    services: Services, browser: Browser, market: Market, sale: PurchaseRow
) -> None:
    await refund(services, market.creator, sale.id, 333)
    await catch_up(services)
    payment_id = await payment_id_of(sale)

    seen = await browser.become(market.creator).get(f"/creator/sales/{sale.id}")

    postings = await list_postings([payment_id], without=PROCESSING_KINDS)
    words = squeeze(seen.words)
    assert {"PAYMENT", "TRANSFER", "REFUND_DUE", "TRANSFER_REVERSAL", "REFUND"} == {
        posting.event for posting in postings
    }
    assert [p.entry_id for p in postings if f">{p.entry_id}</th>" not in seen.response.text] == []
    assert [p.stripe_id for p in postings if p.stripe_id and p.stripe_id not in words] == []
    assert squeeze(f"Rule of the split {sale.split_rule}") in words
    assert squeeze("Due to the creator €7.00") in words
    assert sum(posting.amount for posting in postings) == 0


async def test_a_dispute_stands_at_its_payment(
    services: Services,
    browser: Browser,
    market: Market,
    sale: PurchaseRow,
    stripe_side: StripeSide,
) -> None:
    await open_dispute(services, stripe_side, sale)

    seen = await browser.become(market.creator).get(f"/creator/sales/{sale.id}")

    assert "Taken by the buyer’s bank" in seen.words
    assert "/creator/disputes" in seen.links()


async def test_the_creator_learns_nothing_of_the_buyer_nor_of_stripes_fee(
    browser: Browser, market: Market, sale: PurchaseRow
) -> None:
    browser.become(market.creator)

    for url in (f"/creator/sales/{sale.id}", "/creator/earnings", "/creator/earnings.csv"):
        text = (await browser.get(url)).response.text
        for private in (market.buyer.email, str(sale.account_id), str(sale.buyer_id)):
            assert private not in text, url
        assert "Stripe’s fee" not in text


async def test_the_desk_sees_stripes_fee_and_strangers_see_nothing(
    browser: Browser, sale: PurchaseRow
) -> None:
    browser.become(await make_reader("clerk", staff=(Staff.SUPPORT,)))
    shown = await browser.get(f"/staff/sales/{sale.id}")
    browser.become(await make_reader("other"))

    assert "Stripe’s fee" in shown.words
    assert (await browser.get(f"/creator/sales/{sale.id}")).status == 404
    assert await list_postings([UUID(int=0)]) == []


async def test_each_payment_of_the_month_opens_its_sale(
    browser: Browser, market: Market, sale: PurchaseRow
) -> None:
    seen = await browser.become(market.creator).get("/creator/earnings")

    assert f"/creator/sales/{sale.id}" in seen.links()
