"""Refunds of plans' invoices: by staff, above a limit by two, and followed from Stripe."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from chenu.accounts.actor import AccountRole, Staff
from chenu.accounts.customers import adopt_customer
from chenu.accounts.users import add_member
from chenu.billing.gateway import Charge
from chenu.billing.invoices import (
    InvoiceId,
    InvoiceRow,
    insert_invoice_payment,
    list_invoice_payments,
    list_invoices,
)
from chenu.billing.recurring import (
    BillingInterval,
    InvoiceState,
    InvoiceStatus,
    RefundState,
    RefundStatus,
)
from chenu.billing.refund_requests import RefundRequestRow, RefundRequestState
from chenu.billing.refunds import (
    list_credit_notes,
    list_refunds_of_invoices,
    list_refunds_of_payment,
)
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.errors import ChenuError, Forbidden, Invalid, InvalidState, NotFound
from chenu.core.money import Cents
from chenu.core.paging import PageRequest
from chenu.flows.events.polling import poll_events
from chenu.flows.invariants import check_books, check_everything
from chenu.flows.operations.decisions import retry_operation
from chenu.flows.operations.runner import run_operation
from chenu.flows.services import Services
from chenu.flows.subscriptions.invoices import follow_invoice
from chenu.flows.subscriptions.refund_books import settle_refund
from chenu.flows.subscriptions.refund_requests import (
    RefundInput,
    decide_refund,
    request_refund,
)
from chenu.flows.subscriptions.refunds import adopt_refund
from chenu.ledger.operations import OperationId, OperationState, get_operation
from chenu.tiers.catalogue import TierCode
from tests.billing.recurring import BEGAN, made_up_invoice, made_up_payment
from tests.flows.plans import advance, catch_up, open_paid_plan, open_plans, start
from tests.people import Person, make_person, pay
from tests.rows import count, fingerprint, mails_to
from tests.stripe_side import StripeSide

EVER = datetime(2000, 1, 1, tzinfo=UTC)
FAILS = "4000000000005126"
"""A refund to this card comes back an hour later."""


@dataclass(frozen=True)
class Paid:
    """Somebody with a paid plan, its invoice, and two people of the support desk."""

    customer: Person
    invoice: InvoiceRow
    clerk: Person
    colleague: Person


async def get_only_invoice(person: Person) -> InvoiceRow:
    assert person.actor.account_id is not None
    [invoice] = (await list_invoices(person.actor.account_id, PageRequest(10))).rows
    return invoice


async def make_paid(
    services: Services,
    stripe_side: StripeSide,
    interval: BillingInterval = BillingInterval.MONTH,
    card: str = "4242424242424242",
) -> Paid:
    await stripe_side.reset()
    person = await open_paid_plan(services, TierCode.PRO, interval, card)
    return Paid(
        person,
        await get_only_invoice(person),
        await make_person("clerk", staff=(Staff.SUPPORT,)),
        await make_person("colleague", staff=(Staff.SUPPORT,)),
    )


@pytest.fixture
async def paid(services: Services, stripe_side: StripeSide) -> Paid:
    """PRO by the month: 2900 cents."""
    return await make_paid(services, stripe_side)


@pytest.fixture
async def yearly(services: Services, stripe_side: StripeSide) -> Paid:
    """PRO by the year: 29000 cents."""
    return await make_paid(services, stripe_side, BillingInterval.YEAR)


async def ask(
    services: Services, paid: Paid, amount: int, key: str = "refund-1", by: Person | None = None
) -> RefundRequestRow:
    data = RefundInput(paid.invoice.id, Cents(amount), "It did not work for a week.")
    return await request_refund(services, (by or paid.clerk).actor, data, key)


async def require_sound(services: Services) -> None:
    findings = await check_everything(services, EVER)
    assert [finding for finding in findings if not finding.ok] == []


async def returned(paid: Paid) -> list[int]:
    rows = await list_refunds_of_invoices([paid.invoice.id])
    return [row.amount for row in rows if row.failed_at is None]


async def test_a_refund_comes_with_its_document_books_and_mail(
    services: Services, stripe_side: StripeSide, paid: Paid
) -> None:
    request = await ask(services, paid, 1000)

    assert request.state is RefundRequestState.SETTLED
    [note] = await list_credit_notes([paid.invoice.id])
    assert (note.number, note.total) == (f"{paid.invoice.number}-CN-01", 1000)
    assert await returned(paid) == [1000]
    assert (await mails_to(paid.customer.email)).count("REFUND") == 1
    await catch_up(services)
    assert await returned(paid) == [1000]
    assert (await mails_to(paid.customer.email)).count("REFUND") == 1
    await require_sound(services)


async def add_second_charge(paid: Paid) -> None:
    """As of an invoice of which somebody paid a part at Stripe's dashboard."""
    other = replace(made_up_payment(paid.invoice), gross=Cents(500))
    assert await insert_invoice_payment(replace(other, paid_at=business_now()))


@pytest.mark.parametrize("lost", [None, "/v1/refunds", "/v1/credit_notes"], ids=str)
async def test_an_invoice_of_several_charges_names_the_one_that_goes_back(
    services: Services, stripe_side: StripeSide, paid: Paid, lost: str | None
) -> None:
    await add_second_charge(paid)
    if lost:
        await stripe_side.fail("disconnect_after", lost, method="POST", times=None)

    await ask(services, paid, 1000)
    await stripe_side.heal()
    await catch_up(services)

    assert await count("invoice_refund_request", "state = 'SETTLED'") == 1
    [refund] = await stripe_side.list_all("/v1/refunds")
    [note] = await stripe_side.list_all("/v1/credit_notes")
    assert [each["refund"] for each in note["refunds"]] == [refund["id"]]
    assert await returned(paid) == [1000]


async def test_parts_are_returned_until_nothing_is_left(
    services: Services, stripe_side: StripeSide, paid: Paid
) -> None:
    await ask(services, paid, 1000, "one")
    with pytest.raises(Invalid, match="At most") as refused:
        await ask(services, paid, 1901, "two")
    assert refused.value.path == ("amount",)
    await ask(services, paid, 1900, "three")

    with pytest.raises(InvalidState, match="Nothing"):
        await ask(services, paid, 1, "four")

    assert await returned(paid) == [1000, 1900]
    await require_sound(services)


async def test_a_repeated_key_returns_once(services: Services, paid: Paid) -> None:
    first = await ask(services, paid, 1000)

    again = await ask(services, paid, 1000)

    assert again.id == first.id
    assert await returned(paid) == [1000]


@pytest.mark.parametrize("amounts", [(2900, 2900), (1450, 1451), (1, 2900)], ids=str)
async def test_two_refunds_at_once_never_return_more_than_was_paid(
    services: Services, paid: Paid, amounts: tuple[int, int]
) -> None:
    answers = await asyncio.gather(
        *(ask(services, paid, amount, f"key-{place}") for place, amount in enumerate(amounts)),
        return_exceptions=True,
    )

    assert len([each for each in answers if isinstance(each, RefundRequestRow)]) == 1
    assert len([each for each in answers if isinstance(each, Invalid | InvalidState)]) == 1
    assert sum(await returned(paid)) <= 2900
    await require_sound(services)


async def test_a_refund_above_the_limit_waits_for_a_second_person(
    services: Services, stripe_side: StripeSide, yearly: Paid
) -> None:
    request = await ask(services, yearly, 10001)

    assert request.state is RefundRequestState.WAITING
    assert await stripe_side.list_all("/v1/refunds") == []
    with pytest.raises(Forbidden, match="colleague"):
        await decide_refund(services, yearly.clerk.actor, request.id, approve=True, reason=None)
    decided = await decide_refund(
        services, yearly.colleague.actor, request.id, approve=True, reason=None
    )
    assert decided.state is RefundRequestState.SETTLED
    assert await returned(yearly) == [10001]
    with pytest.raises(InvalidState, match="decided"):
        await decide_refund(
            services, yearly.colleague.actor, request.id, approve=False, reason="Late."
        )
    await require_sound(services)


async def test_what_is_split_into_parts_needs_the_second_person_too(
    services: Services, yearly: Paid
) -> None:
    first = await ask(services, yearly, 10000, "one")

    second = await ask(services, yearly, 1, "two")

    assert (first.state, second.state) == (RefundRequestState.SETTLED, RefundRequestState.WAITING)


async def test_a_rejected_refund_returns_nothing_and_promises_nothing(
    services: Services, yearly: Paid
) -> None:
    request = await ask(services, yearly, 29000)
    actor = yearly.colleague.actor
    with pytest.raises(Invalid, match="characters"):
        await decide_refund(services, actor, request.id, approve=False, reason=" ")

    await decide_refund(services, actor, request.id, approve=False, reason="Not agreed.")

    assert await returned(yearly) == []
    assert (await ask(services, yearly, 29000, "again")).state is RefundRequestState.WAITING
    await require_sound(services)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"amount": Cents(0)}, Invalid),
        ({"amount": Cents(-5)}, Invalid),
        ({"amount": Cents(2901)}, Invalid),
        ({"reason": ""}, Invalid),
        ({"reason": "x" * 501}, Invalid),
        ({"reason": "\u202eno"}, Invalid),
        ({"invoice_id": InvoiceId(UUID(int=7))}, NotFound),
    ],
    ids=str,
)
async def test_bad_input_returns_nothing_and_names_the_field(
    services: Services, paid: Paid, changes: dict[str, object], error: type[ChenuError]
) -> None:
    data = replace_input(RefundInput(paid.invoice.id, Cents(100), "Because."), changes)
    before = await fingerprint()

    with pytest.raises(error) as refused:
        await request_refund(services, paid.clerk.actor, data, "key")

    assert error is NotFound or refused.value.path == tuple(changes)
    assert await fingerprint() == before


def replace_input(data: RefundInput, changes: dict[str, object]) -> RefundInput:
    values = {"invoice_id": data.invoice_id, "amount": data.amount, "reason": data.reason}
    return RefundInput(**{**values, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize("role", [Staff.REVIEWER, Staff.FINANCE, None], ids=str)
async def test_only_the_support_desk_returns_money(
    services: Services, paid: Paid, role: Staff | None
) -> None:
    other = await make_person("other", staff=(role,) if role else ())

    with pytest.raises(Forbidden):
        await ask(services, paid, 100, by=other)


async def test_nobody_returns_money_to_an_account_of_their_own(
    services: Services, yearly: Paid
) -> None:
    account_id = yearly.customer.actor.account_id
    assert account_id is not None
    request = await ask(services, yearly, 20000)
    await add_member(account_id, yearly.colleague.user_id, AccountRole.MEMBER)

    with pytest.raises(InvalidState, match="belong"):
        await decide_refund(services, yearly.colleague.actor, request.id, approve=True, reason=None)
    with pytest.raises(InvalidState, match="belong"):
        await ask(services, yearly, 100, "two", by=yearly.colleague)


async def test_a_refund_in_stripe_s_dashboard_is_followed(
    services: Services, stripe_side: StripeSide, paid: Paid
) -> None:
    [payment] = await list_invoice_payments([paid.invoice.id])
    await stripe_side.change("/v1/refunds", charge=payment.stripe_charge_id, amount="700")

    await catch_up(services)

    assert await returned(paid) == [700]
    assert (await mails_to(paid.customer.email)).count("REFUND") == 1
    await require_sound(services)


async def test_a_document_made_in_stripe_s_dashboard_is_followed(
    services: Services, stripe_side: StripeSide, paid: Paid
) -> None:
    form = {"invoice": paid.invoice.stripe_invoice_id, "amount": "700", "refund_amount": "700"}
    await stripe_side.change("/v1/credit_notes", **form)

    await catch_up(services)

    assert [note.total for note in await list_credit_notes([paid.invoice.id])] == [700]
    assert await returned(paid) == [700]
    await require_sound(services)


async def test_a_refund_that_is_heard_of_before_its_payment_is_booked(
    services: Services, stripe_side: StripeSide
) -> None:
    """The events of the refund are all that arrives."""
    await stripe_side.reset()
    person = await open_plans(services)
    order = await start(services, person.actor)
    assert order.checkout_url is not None
    await pay(order.checkout_url)
    [charge] = await stripe_side.list_all("/v1/charges")
    await stripe_side.change("/v1/refunds", charge=charge["id"], amount="300")
    await db.execute("DELETE FROM stripe_event")
    [invoice] = await stripe_side.list_all("/v1/invoices")

    await follow_invoice(services.subscriptions, invoice["id"])

    assert await count("invoice_refund", "amount = 300") == 1


async def test_a_refund_that_comes_back_is_booked_back_and_can_be_asked_for_again(
    services: Services, stripe_side: StripeSide
) -> None:
    paid = await make_paid(services, stripe_side, card=FAILS)
    await ask(services, paid, 2900)

    await advance(services, 0.1)

    assert await returned(paid) == []
    assert await count("ledger_transaction", "kind = 'PLAN_REFUND_FAILED'") == 1
    assert (await mails_to(paid.customer.email)).count("REFUND_FAILED") == 1
    await require_sound(services)
    await poll_events(services)
    assert (await ask(services, paid, 100, "again")).state in (
        RefundRequestState.SETTLED,
        RefundRequestState.FAILED,
    )


async def test_a_refusal_of_stripe_s_is_shown_and_can_be_tried_again(
    services: Services, stripe_side: StripeSide, paid: Paid
) -> None:
    await stripe_side.fail("card_error", "/v1/refunds", method="POST")
    request = await ask(services, paid, 1000)
    assert request.state is RefundRequestState.FAILED
    operation = await db.fetch_value("SELECT id FROM operation WHERE kind = 'PLAN_REFUND'")

    await stripe_side.heal()
    done = await retry_operation(
        services, paid.clerk.actor, OperationId(operation), name="operator"
    )

    assert done.state == OperationState.SETTLED
    assert await returned(paid) == [1000]
    await require_sound(services)


@pytest.mark.parametrize("charges", [1, 2])
async def test_a_refund_whose_document_is_refused_stands_and_gets_it_later(
    services: Services, stripe_side: StripeSide, paid: Paid, charges: int
) -> None:
    if charges == 2:
        await add_second_charge(paid)
    await stripe_side.fail("card_error", "/v1/credit_notes", method="POST", times=None)

    request = await ask(services, paid, 1000)
    await catch_up(services)

    assert request.state is RefundRequestState.SETTLED
    assert await returned(paid) == [1000]
    assert await count("credit_note") == 0
    note = await db.fetch_value("SELECT id FROM operation WHERE kind = 'CREDIT_NOTE'")
    await stripe_side.heal()
    await run_operation(services, note)
    done = await get_operation(note)
    if done.state == OperationState.FAILED:
        done = await retry_operation(services, paid.clerk.actor, note, name="operator")
    assert done.state == OperationState.SETTLED
    assert [each.total for each in await list_credit_notes([paid.invoice.id])] == [1000]
    assert len(await stripe_side.list_all("/v1/refunds")) == 1
    if charges == 1:
        await require_sound(services)


@pytest.mark.parametrize("lost", ["/v1/refunds", "/v1/credit_notes"])
async def test_a_refund_that_an_event_tells_of_before_its_answer_is_the_request_s(
    services: Services, stripe_side: StripeSide, paid: Paid, lost: str
) -> None:
    """Beside it another one of the same amount, which was made in the dashboard."""
    charge = (await list_invoice_payments([paid.invoice.id]))[0].stripe_charge_id
    await stripe_side.change("/v1/refunds", charge=charge, amount="1000")
    await stripe_side.fail("disconnect_after", lost, method="POST", times=None)
    await ask(services, paid, 1000)
    [own, foreign] = await stripe_side.list_all("/v1/refunds")

    await adopt_refund(services.subscriptions, await services.subscriptions.get_refund(own["id"]))

    assert await count("invoice_refund_request", "state = 'SETTLED'") == 1
    assert await returned(paid) == [1000]
    await adopt_refund(
        services.subscriptions, await services.subscriptions.get_refund(foreign["id"])
    )
    await stripe_side.heal()
    await catch_up(services)
    assert await returned(paid) == [1000, 1000]
    assert await count("credit_note") == 1
    assert await count("operation", "kind = 'PLAN_REFUND' AND state = 'SETTLED'") == 1
    await require_sound(services)


async def test_a_lost_answer_is_found_again_and_nothing_is_returned_twice(
    services: Services, stripe_side: StripeSide, paid: Paid
) -> None:
    await stripe_side.fail("disconnect_after", "/v1/credit_notes", method="POST", times=None)
    request = await ask(services, paid, 1000)
    assert request.state is RefundRequestState.APPROVED

    await stripe_side.heal()
    await catch_up(services)

    assert await returned(paid) == [1000]
    assert len(await stripe_side.list_all("/v1/refunds")) == 1
    assert await count("invoice_refund_request", "state = 'SETTLED'") == 1
    await require_sound(services)


@pytest.mark.parametrize(
    "parts", [(2900,), (1, 2899), (967, 967, 966), (1450, 725, 725), (2898, 1, 1)], ids=str
)
async def test_vat_is_returned_pro_rata_and_whole_at_the_end(
    services: Services, parts: tuple[int, ...]
) -> None:
    """A charge of 2900 with 483 of VAT; each part is rounded with what went before it."""
    person = await make_person("zoe")
    payment = await book_taxed_payment(person)

    for number, amount in enumerate(parts):
        async with db.transaction():
            state = RefundState(
                f"re_{number}", "ch_taxed", "pi_taxed", Cents(amount), RefundStatus.SUCCEEDED, BEGAN
            )
            assert await settle_refund(state)
            assert await settle_refund(state)

    refunds = await list_refunds_of_payment(payment)
    sums = [sum(each.amount for each in refunds[: place + 1]) for place in range(len(refunds))]
    taxes = [sum(each.tax for each in refunds[: place + 1]) for place in range(len(refunds))]
    assert taxes == [483 * each // 2900 for each in sums]
    assert taxes[-1] == 483
    findings = [each.name for each in await check_books() if not each.ok]
    assert [name for name in findings if name in ("I5p", "I5r", "I7p", "I1")] == []


async def book_taxed_payment(person: Person) -> UUID:
    account_id = person.actor.account_id
    assert account_id is not None
    await adopt_customer(account_id, "cus_taxed")
    charge = Charge("ch_taxed", "pi_taxed", Cents(2900), Cents(0), Cents(0), None, BEGAN)
    state = replace(
        made_up_invoice("cus_taxed"),
        status=InvoiceStatus.PAID,
        tax=Cents(483),
        amount_paid=Cents(2900),
        payments=(charge,),
    )
    port: Any = Saying(state)
    assert await follow_invoice(port, state.id)
    return UUID(str(await db.fetch_value("SELECT id FROM invoice_payment")))


class Saying:
    """Stripe, as far as it tells of one invoice."""

    def __init__(self, state: InvoiceState) -> None:
        self._state = state

    async def get_invoice(self, invoice_id: str) -> InvoiceState:
        return self._state
