"""The PDF of a paid invoice: stored once, mailed once, whatever fails on the way."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from chenu.billing.documents import DocumentRow, find_document
from chenu.billing.invoices import InvoiceRow, list_invoices
from chenu.core import db
from chenu.core.clock import CLOCK, system_now
from chenu.core.paging import PageRequest
from chenu.flows.invariants import check_books
from chenu.flows.operations.repair import repair_due
from chenu.flows.services import Services
from chenu.flows.subscriptions.invoices import follow_invoice
from chenu.ledger.open_operations import list_open
from chenu.tiers.catalogue import TierCode
from tests.flows.plans import advance, complete, open_plans, start, tier_of
from tests.flows.sales import buy, open_market, work_off
from tests.people import Person
from tests.rows import count, put
from tests.stripe_side import AWAY, StripeSide

MAILED = "kind = 'INVOICE'"
PDFS = "/i/*/pdf"


@pytest.fixture
async def person(services: Services, stripe_side: StripeSide) -> Person:
    await stripe_side.reset()
    return await open_plans(services)


async def invoices_of(person: Person) -> Sequence[InvoiceRow]:
    assert person.actor.account_id is not None
    return (await list_invoices(person.actor.account_id, PageRequest(20))).rows


async def document_of(invoice: InvoiceRow) -> DocumentRow:
    found = await find_document(invoice.stripe_invoice_id)
    assert found is not None
    return found


async def try_again(services: Services, hours: float = 2) -> None:
    """Repair's next look, that much later."""
    CLOCK.move_to_offset(CLOCK.offset + timedelta(hours=hours))
    await put("operation", "next_check_at", system_now(), "state IN ('INTENT', 'UNKNOWN')")
    await repair_due(services)


async def test_a_paid_invoice_is_stored_and_mailed_once(services: Services, person: Person) -> None:
    await complete(services, await start(services, person.actor))
    [invoice] = await invoices_of(person)

    for _ in range(2):
        await follow_invoice(services.subscriptions, invoice.stripe_invoice_id)
        await work_off(services)

    document = await document_of(invoice)
    assert document.content.startswith(b"%PDF-")
    assert document.account_id == person.actor.account_id
    assert await count("billing_document") == 1
    assert await count("outbox_mail", MAILED) == 1
    assert await list_open() == []


async def test_its_lines_say_what_it_is_for(services: Services, person: Person) -> None:
    await complete(services, await start(services, person.actor, TierCode.PRO))

    [invoice] = await invoices_of(person)

    [line] = invoice.lines
    assert (line.product_id, line.amount, line.is_proration) == ("plan_pro", 2900, False)
    assert (line.period_start, line.period_end) == (invoice.period_start, invoice.period_end)


async def test_the_zero_invoice_of_a_trial_is_stored_and_not_mailed(
    services: Services, person: Person
) -> None:
    await complete(services, await start(services, person.actor, trial=True))
    [invoice] = await invoices_of(person)

    assert invoice.has_document
    assert await count("outbox_mail", MAILED) == 0

    await advance(services, 14.2)

    assert await count("billing_document") == 2
    assert await count("outbox_mail", MAILED) == 1


async def test_an_invoice_of_an_agent_belongs_to_its_purchase_and_is_booked_once(
    services: Services, stripe_side: StripeSide
) -> None:
    await stripe_side.reset()
    market = await open_market(services)
    purchase = await buy(services, market)
    [made] = await stripe_side.list_all("/v1/invoices")

    await follow_invoice(services.subscriptions, made["id"])
    await work_off(services)

    [invoice] = await invoices_of(market.buyer)
    assert (invoice.purchase_id, invoice.stripe_subscription_id) == (purchase.id, None)
    assert (invoice.total, invoice.amount_paid, invoice.has_document) == (999, 999, True)
    assert await count("invoice_payment") == 0
    assert await count("ledger_transaction", "kind IN ('PAYMENT', 'PLAN_PAYMENT')") == 1
    assert await count("outbox_mail", "kind IN ('RECEIPT', 'INVOICE')") == 2
    assert [finding for finding in await check_books() if not finding.ok] == []


async def test_the_mail_waits_for_the_pdf_and_brings_it(
    services: Services, stripe_side: StripeSide, person: Person
) -> None:
    await stripe_side.fail(AWAY, PDFS, times=None)
    await complete(services, await start(services, person.actor))
    assert await tier_of(person) == "STARTER"
    assert await count("outbox_mail", MAILED) == 0

    await stripe_side.heal()
    await work_off(services)

    assert await count("billing_document") == 1
    assert await count("outbox_mail", MAILED) == 1


async def test_after_an_hour_the_mail_leaves_without_it_and_no_other_follows(
    services: Services, stripe_side: StripeSide, person: Person
) -> None:
    await stripe_side.fail(AWAY, PDFS, times=None)
    await complete(services, await start(services, person.actor))

    await try_again(services)
    early = await count("outbox_mail", MAILED), await count("billing_document")
    await stripe_side.heal()
    await try_again(services)
    await db.execute("DELETE FROM outbox_mail")  # as the purge does after 90 days
    [invoice] = await invoices_of(person)
    await follow_invoice(services.subscriptions, invoice.stripe_invoice_id)
    await work_off(services)

    assert early == (1, 0)
    assert invoice.has_document
    assert await count("outbox_mail", MAILED) == 0
