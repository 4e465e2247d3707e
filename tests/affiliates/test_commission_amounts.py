"""What an invoice earns its affiliate, to the cent, and what of it stays when money goes back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chenu.affiliates.commission_amounts import PaidInvoice, commission_of
from chenu.core.money import Cents

AMOUNTS = st.integers(0, 10_000_000)


def paid(amount: int, total: int, net: int) -> PaidInvoice:
    return PaidInvoice(Cents(amount), Cents(total), Cents(net))


@st.composite
def invoices(draw: st.DrawFn) -> PaidInvoice:
    total = draw(AMOUNTS)
    return paid(draw(AMOUNTS), total, draw(st.integers(0, total)))


@pytest.mark.parametrize(
    ("invoice", "base", "commission"),
    [
        (paid(2900, 2900, 2900), 2900, 290),
        (paid(79_200, 79_200, 79_200), 79_200, 7920),
        (paid(2900, 2900, 2417), 2417, 242),
        (paid(900, 2900, 2417), 750, 75),
        (paid(945, 945, 945), 945, 95),
        (paid(944, 944, 944), 944, 94),
        (paid(4, 4, 4), 4, 0),
        (paid(0, 2900, 2900), 0, 0),
        (paid(500, 0, 0), 0, 0),
    ],
    ids=[
        "a month of STARTER",
        "a year of BUSINESS at 20 % less",
        "with VAT",
        "partly from credit",
        "half a cent goes up",
        "less goes down",
        "too small",
        "nothing in cash",
        "an invoice of zero",
    ],
)
def test_the_arithmetic_of_known_invoices(invoice: PaidInvoice, base: int, commission: int) -> None:
    assert (invoice.base, invoice.commission) == (base, commission)


def test_a_commission_is_a_tenth_and_never_its_hundredfold() -> None:
    assert commission_of(Cents(50_000)) == 5000
    assert commission_of(Cents(50)) == 5


@given(invoices())
def test_a_commission_is_within_half_a_cent_of_a_tenth_of_what_came_in_without_tax(
    invoice: PaidInvoice,
) -> None:
    if invoice.total:
        assert invoice.base == invoice.paid * invoice.total_excluding_tax // invoice.total
    assert abs(invoice.commission * 10_000 - invoice.base * 1000) <= 5000


@given(invoices(), st.lists(st.integers(1, 100), max_size=8))
def test_partial_returns_take_exactly_the_commission_once_all_is_returned(
    invoice: PaidInvoice, parts: list[int]
) -> None:
    returned, taken, left = 0, [], invoice.commission
    for part in [*parts, 100]:
        returned = min(returned + invoice.paid * part // 100, invoice.paid)
        stays = invoice.after(Cents(returned)).commission
        taken.append(left - stays)
        left = stays

    assert all(each >= 0 for each in taken)
    assert left == 0 or returned < invoice.paid
    assert sum(taken) == invoice.commission - left


@given(invoices(), st.data())
def test_what_stays_is_the_same_in_whichever_order_money_goes_back(
    invoice: PaidInvoice, data: st.DataObject
) -> None:
    first = data.draw(st.integers(0, invoice.paid))
    second = data.draw(st.integers(0, invoice.paid - first))

    one_way = invoice.after(Cents(first)).after(Cents(second))
    other_way = invoice.after(Cents(second)).after(Cents(first))

    assert one_way.commission == other_way.commission
    assert one_way == invoice.after(Cents(first + second))
    assert invoice.after(Cents(0)) == invoice
    assert invoice.after(invoice.paid).commission == 0


def test_more_than_was_paid_takes_no_more_than_the_commission() -> None:
    assert paid(2900, 2900, 2900).after(Cents(3000)).commission == 0
