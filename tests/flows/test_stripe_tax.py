"""Stripe Tax by setting: the VAT in each price, to the cent, on invoices and in the books.

The amounts are worked out by hand: a price that includes 20 % contains a sixth of it, one that
includes 19 % contains 19/119, rounded half up.
"""

from datetime import UTC, datetime

import httpx
import pytest
from msgspec.structs import replace

from chenu.agents.payments import list_payments
from chenu.billing.invoices import InvoiceRow, list_invoices
from chenu.core import db
from chenu.core.paging import PageRequest
from chenu.flows.invariants import check_everything
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.conftest import with_settings
from tests.flows.plans import CARD, advance, catch_up, open_plans, start
from tests.flows.sales import open_market, start_buying
from tests.people import Person
from tests.stripe_side import StripeSide

EVER = datetime(2000, 1, 1, tzinfo=UTC)


@pytest.fixture
async def taxed(services: Services, stripe_side: StripeSide) -> Services:
    await stripe_side.reset()
    return with_settings(services, stripe=replace(services.settings.stripe, automatic_tax=True))


async def pay_from(url: str | None, country: str, tax_id: str = "", card: str = CARD) -> None:
    """On Stripe's page, which asks for country and VAT number."""
    assert url is not None
    form = {"card": card, "exp": "12/34", "cvc": "123", "name": "Test Buyer"}
    async with httpx.AsyncClient() as browser:
        paid = await browser.post(url, data={**form, "country": country, "tax_id": tax_id})
    assert paid.status_code == 303, paid.text


async def invoices_of(person: Person) -> list[InvoiceRow]:
    assert person.actor.account_id is not None
    return list((await list_invoices(person.actor.account_id, PageRequest(20))).rows)


async def owed_tax() -> int:
    sql = """
        SELECT coalesce(sum(e.amount), 0)::bigint FROM ledger_entry e
        JOIN ledger_account a ON a.id = e.ledger_account_id WHERE a.kind = 'TAX_PAYABLE'
    """
    return int(await db.fetch_value(sql))


async def require_true_books(services: Services) -> None:
    findings = await check_everything(services, EVER)
    assert [finding for finding in findings if not finding.ok] == []


@pytest.mark.parametrize(
    ("country", "tax_id", "tax"),
    [
        pytest.param("FR", "", 483, id="French consumer"),
        pytest.param("FR", "FR40303265045", 483, id="French company"),
        pytest.param("DE", "", 463, id="German consumer"),
        pytest.param("DE", "DE136695976", 0, id="German company, reverse charge"),
        pytest.param("US", "", 0, id="outside the EU"),
    ],
)
async def test_the_price_of_a_plan_includes_the_tax_of_its_buyer(
    taxed: Services, country: str, tax_id: str, tax: int
) -> None:
    person = await open_plans(taxed)
    order = await start(taxed, person.actor, TierCode.PRO)

    await pay_from(order.checkout_url, country, tax_id)
    await catch_up(taxed)

    [invoice] = await invoices_of(person)
    assert (invoice.total, invoice.amount_paid, invoice.tax) == (2900, 2900, tax)
    assert sum(line.amount for line in invoice.lines) == 2900
    assert await db.fetch_value("SELECT gross - discount - tax FROM invoice_payment") == 2900 - tax
    assert await owed_tax() == tax
    await require_true_books(taxed)


async def test_a_renewal_is_taxed_as_its_beginning_was(taxed: Services) -> None:
    person = await open_plans(taxed)
    order = await start(taxed, person.actor, TierCode.PRO)
    await pay_from(order.checkout_url, "FR")
    await catch_up(taxed)

    await advance(taxed, 31.1)

    assert [invoice.tax for invoice in await invoices_of(person)] == [483, 483]
    assert await owed_tax() == 966
    await require_true_books(taxed)


async def test_a_trial_asks_where_its_buyer_lives_and_taxes_its_first_payment(
    taxed: Services,
) -> None:
    person = await open_plans(taxed)
    order = await start(taxed, person.actor, TierCode.STARTER, trial=True)
    await pay_from(order.checkout_url, "FR")
    await catch_up(taxed)

    await advance(taxed, 14.2)

    assert [(each.total, each.tax) for each in await invoices_of(person)] == [(900, 150), (0, 0)]
    await require_true_books(taxed)


@pytest.mark.parametrize(
    ("country", "tax_id", "tax", "platform", "creator"),
    [
        # 9.99 contain 1.665 of tax; of the 8.32 that are left 30 % are 2.49.
        pytest.param("FR", "", 167, 249, 583, id="French consumer"),
        pytest.param("DE", "DE136695976", 0, 299, 700, id="German company, reverse charge"),
    ],
)
async def test_the_tax_of_an_agent_is_neither_the_creators_nor_ours(
    taxed: Services, country: str, tax_id: str, tax: int, platform: int, creator: int
) -> None:
    market = await open_market(taxed)
    purchase = await start_buying(taxed, market.buyer, market.agent)

    await pay_from(purchase.checkout_url, country, tax_id)
    await catch_up(taxed)

    [payment] = await list_payments([purchase.id])
    assert (payment.gross, payment.tax) == (999, tax)
    assert (payment.platform_share, payment.creator_share) == (platform, creator)
    [invoice] = await invoices_of(market.buyer)
    assert (invoice.total, invoice.tax, invoice.purchase_id) == (999, tax, purchase.id)
    await require_true_books(taxed)


async def test_it_is_off_unless_it_is_set(services: Services, stripe_side: StripeSide) -> None:
    await stripe_side.reset()
    person = await open_plans(services)

    order = await start(services, person.actor)

    session = await stripe_side.get(f"/v1/checkout/sessions/{order.checkout_session_id}")
    assert not session["automatic_tax"]["enabled"]
    assert not services.settings.stripe.automatic_tax
