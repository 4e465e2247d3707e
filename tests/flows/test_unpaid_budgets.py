"""How much of a plan's budgets is unpaid after refunds: of the invoices that paid them alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from chenu.accounts.actor import AccountId
from chenu.accounts.customers import adopt_customer
from chenu.billing.gateway import Charge
from chenu.billing.recurring import (
    InvoiceStatus,
    RefundState,
    RefundStatus,
    SubscriptionKind,
    SubscriptionStatus,
)
from chenu.billing.subscriptions import (
    SubscribedItems,
    find_subscription_by_stripe_id,
    store_subscription,
)
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.money import Cents
from chenu.flows.services import Services
from chenu.flows.subscriptions.invoices import adopt_invoice
from chenu.flows.subscriptions.refund_books import settle_refund
from chenu.flows.subscriptions.unpaid_budgets import mark_never_paid
from chenu.ledger.amounts import Tokens
from chenu.tokens.budget_calendar import BudgetMonth
from chenu.tokens.budget_rows import end_period, insert_period
from chenu.tokens.budget_rules import BudgetSource
from tests.billing.recurring import answered, made_up_invoice, made_up_plan
from tests.people import make_person

NOW = business_now().replace(microsecond=0)
"""One second for all periods of a test: an invoice and its budget begin together."""
SUCCEEDED, FAILED = RefundStatus.SUCCEEDED, RefundStatus.FAILED
BEGINS, LASTS = -400, 500
"""Days from now: of the plan in which all is."""


@dataclass(frozen=True)
class Paid:
    """An invoice: its period in days from now, and the cents that paid it."""

    first: float
    last: float
    amount: int


@dataclass(frozen=True)
class Returned:
    """Of the invoice with this number."""

    invoice: int
    amount: int
    status: RefundStatus = SUCCEEDED
    name: str = "re_only"


def at(days: float) -> datetime:
    return NOW + timedelta(days=days)


@pytest.fixture
async def account_id(services: Services) -> AccountId:
    person = await make_person("zoe")
    assert person.actor.account_id is not None
    await adopt_customer(person.actor.account_id, "cus_made_up")
    return person.actor.account_id


async def put_plan(
    account_id: AccountId, stripe_id: str, created: float, ended: float | None, period: float
) -> None:
    state = replace(
        made_up_plan("cus_made_up"),
        id=stripe_id,
        created=at(created),
        period_start=at(period),
        period_end=at(LASTS),
        status=SubscriptionStatus.ACTIVE if ended is None else SubscriptionStatus.CANCELED,
        ended_at=None if ended is None else at(ended),
    )
    fetched = await answered(state)
    assert await store_subscription(
        account_id, SubscriptionKind.TIER, SubscribedItems("PRO"), fetched
    )


async def put_invoice(number: int, paid: Paid, plan: str = "sub_a") -> None:
    charge = Charge(
        f"ch_{number}", f"pi_{number}", Cents(paid.amount), Cents(0), Cents(0), None, at(paid.first)
    )
    state = replace(
        made_up_invoice("cus_made_up"),
        id=f"in_{number}",
        subscription_id=plan,
        number=f"CHENU-{number}",
        status=InvoiceStatus.PAID,
        subtotal=Cents(paid.amount),
        total=Cents(paid.amount),
        amount_paid=Cents(paid.amount),
        period_start=at(paid.first),
        period_end=at(paid.last),
        paid_at=at(paid.first),
        payments=(charge,),
    )
    fetched = await answered(state)
    assert await db.run_in_transaction(lambda: adopt_invoice(fetched))


async def put_budget(account_id: AccountId, first: float, last: float, *, is_over: bool) -> None:
    month = BudgetMonth(at(first), at(last))
    period_id = await insert_period(account_id, BudgetSource.PLAN, month, Tokens(25_000))
    if is_over:
        await end_period(period_id, Tokens(0))


async def give_back(returned: Returned) -> None:
    number = returned.invoice
    state = RefundState(
        returned.name,
        f"ch_{number}",
        f"pi_{number}",
        Cents(returned.amount),
        returned.status,
        business_now(),
    )
    assert await db.run_in_transaction(lambda: settle_refund(state))


async def shares() -> list[int]:
    """In basis points, of the budgets from the first to the last."""
    async with db.connection() as connection:
        rows = await connection.fetch(
            "SELECT unpaid_share FROM token_budget_period ORDER BY starts_at"
        )
    return [row["unpaid_share"] for row in rows]


MONTH, UPGRADE, YEAR = Paid(-10, 20, 2900), Paid(3, 20, 7000), Paid(-40, 325, 29_000)
BEFORE = Paid(-40, -10, 2900)
CHANGED = (MONTH, Paid(0, 365, 26_100))
"""From month to year: what is left of the month was credited."""
ONE = ((-10, 20),)
TWO = ((-10, 20), (0, 30))

CASES = {
    # invoices, budgets, refunds in their order: shares, worked by hand
    "all": ((MONTH,), ONE, (Returned(0, 2900),), [10_000]),
    "a cent": ((MONTH,), ONE, (Returned(0, 1),), [3]),  # 3.4
    "half": ((MONTH,), ONE, (Returned(0, 1450),), [5000]),
    "all but a cent": ((MONTH,), ONE, (Returned(0, 2899),), [9996]),  # 9996.5
    "two parts": (
        (MONTH,),
        ONE,
        (Returned(0, 967, name="re_1"), Returned(0, 967, name="re_2")),
        [6668],
    ),
    "the month before": ((BEFORE, MONTH), ONE, (Returned(0, 2900),), [0]),
    "this month, after another": ((BEFORE, MONTH), ONE, (Returned(1, 2900),), [10_000]),
    "an upgrade": ((MONTH, UPGRADE), ONE, (Returned(1, 7000),), [7070]),  # of 9900
    "half a year": ((YEAR,), ((-10, 20),), (Returned(0, 14_500),), [5000]),
    "a month that became a year": (CHANGED, TWO, (Returned(0, 2900),), [1000, 0]),
    "a year that was a month": (CHANGED, TWO, (Returned(1, 26_100),), [9000, 10_000]),
    "one that came back": (
        (MONTH,),
        ONE,
        (Returned(0, 2900), Returned(0, 2900, FAILED)),
        [0],
    ),
    "one that failed at once": ((MONTH,), ONE, (Returned(0, 2900, FAILED),), [0]),
    "one of two came back": (
        (MONTH,),
        ONE,
        (
            Returned(0, 1450, name="re_1"),
            Returned(0, 290, name="re_2"),
            Returned(0, 1450, FAILED, name="re_1"),
        ),
        [1000],
    ),
}


@pytest.mark.parametrize(
    ("invoices", "budgets", "refunds", "expected"), CASES.values(), ids=CASES.keys()
)
async def test_a_budget_is_unpaid_by_the_share_of_its_money_that_was_returned(
    account_id: AccountId,
    invoices: Sequence[Paid],
    budgets: Sequence[tuple[float, float]],
    refunds: Sequence[Returned],
    expected: list[int],
) -> None:
    await put_plan(account_id, "sub_a", BEGINS, None, BEGINS)
    for number, paid in enumerate(invoices):
        await put_invoice(number, paid)
    for first, last in budgets:
        await put_budget(account_id, first, last, is_over=(first, last) != budgets[-1])

    for returned in refunds:
        await give_back(returned)

    assert await shares() == expected


@pytest.mark.parametrize(("refunded", "expected"), [(0, [10_000, 0]), (1, [0, 10_000])])
async def test_a_plan_that_began_anew_is_not_unpaid_by_what_the_last_one_returned(
    account_id: AccountId, refunded: int, expected: list[int]
) -> None:
    """It began in the second in which the other one ended."""
    await put_plan(account_id, "sub_a", -5, -1, -5)
    await put_plan(account_id, "sub_b", -1, None, -1)
    await put_invoice(0, Paid(-5, 25, 2900))
    await put_invoice(1, Paid(-1, 29, 2900), plan="sub_b")
    await put_budget(account_id, -5, 25, is_over=True)
    await put_budget(account_id, -1, 29, is_over=False)

    await give_back(Returned(refunded, 2900))

    assert await shares() == expected


async def test_dunning_leaves_the_month_that_was_never_paid_and_no_other(
    account_id: AccountId,
) -> None:
    await put_plan(account_id, "sub_a", -70, -1, -8)
    for first, last in ((-38, -8), (-8, 22), (-1, 29)):
        await put_budget(account_id, first, last, is_over=first != -1)
    plan = await find_subscription_by_stripe_id("sub_a")
    assert plan is not None

    await db.run_in_transaction(lambda: mark_never_paid(plan))

    assert await shares() == [0, 10_000, 0]
