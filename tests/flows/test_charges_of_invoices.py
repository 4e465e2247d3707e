"""Invoices that were paid in parts: each cent of VAT and discount is booked once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import pytest
from msgspec.structs import replace

from chenu.accounts.customers import adopt_customer
from chenu.billing.gateway import Charge
from chenu.billing.invoices import list_invoice_payments, list_invoices
from chenu.billing.recurring import InvoiceState, InvoiceStatus
from chenu.core import db
from chenu.core.fetched import Fetched, FetchNumber
from chenu.core.money import Cents
from chenu.core.paging import PageRequest
from chenu.flows.invariants import check_books
from chenu.flows.services import Services
from chenu.flows.subscriptions.invoices import adopt_invoice
from tests.billing.recurring import BEGAN, made_up_invoice
from tests.people import make_person


@dataclass(frozen=True)
class Booked:
    paid: int
    discount: int
    tax: int


def charges_of(parts: Sequence[int]) -> list[Charge]:
    return [
        Charge(
            f"ch_{place}",
            f"pi_{place}",
            Cents(amount),
            Cents(0),
            Cents(0),
            None,
            BEGAN + timedelta(minutes=place),
        )
        for place, amount in enumerate(parts)
    ]


PARTS = {
    # 2900 with 483 of VAT and a discount of 100: VAT of all that is paid so far, rounded down
    "at once": ((2900,), (Booked(2900, 100, 483),)),
    "halves": ((1450, 1450), (Booked(1450, 100, 241), Booked(1450, 0, 242))),
    "thirds": (
        (967, 967, 966),
        (Booked(967, 100, 161), Booked(967, 0, 161), Booked(966, 0, 161)),
    ),
    "a cent first": ((1, 2899), (Booked(1, 100, 0), Booked(2899, 0, 483))),
    "a part of it": ((1450,), (Booked(1450, 100, 241),)),
}


@pytest.mark.parametrize("newest_first", [False, True], ids=["oldest first", "newest first"])
@pytest.mark.parametrize("one_by_one", [False, True], ids=["together", "one by one"])
@pytest.mark.parametrize(("parts", "expected"), PARTS.values(), ids=PARTS)
async def test_charges_of_an_invoice_share_its_vat_and_one_has_its_discount(
    services: Services,
    parts: tuple[int, ...],
    expected: tuple[Booked, ...],
    one_by_one: bool,
    newest_first: bool,
) -> None:
    account_id = (await make_person("zoe")).actor.account_id
    assert account_id is not None
    await adopt_customer(account_id, "cus_parts")
    charges = charges_of(parts)

    for known in range(1 if one_by_one else len(charges), len(charges) + 1):
        seen = charges[:known][::-1] if newest_first else charges[:known]
        await adopt(make_state(seen), number=known)

    [invoice] = (await list_invoices(account_id, PageRequest(10))).rows
    rows = await list_invoice_payments([invoice.id])
    assert tuple(Booked(row.paid, row.discount, row.tax) for row in rows) == expected
    wrong = [each.name for each in await check_books() if not each.ok]
    assert [name for name in wrong if name in ("I1", "I5p", "I7p")] == []


def make_state(charges: Sequence[Charge]) -> InvoiceState:
    paid = Cents(sum(each.amount for each in charges))
    return replace(
        made_up_invoice("cus_parts"),
        status=InvoiceStatus.PAID if paid == 2900 else InvoiceStatus.OPEN,
        discount=Cents(100),
        tax=Cents(483),
        total=Cents(2900),
        amount_paid=paid,
        payments=tuple(charges),
    )


async def adopt(state: InvoiceState, number: int) -> None:
    async def write() -> bool:
        return await adopt_invoice(Fetched(state, FetchNumber(number)))

    assert await db.run_in_transaction(write)
