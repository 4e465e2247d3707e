"""What is quoted for a code is what Stripe's invoices charge, to the cent: every kind of coupon,
by month and by year, with a trial and without.
"""

from dataclasses import dataclass
from typing import Any

import pytest

from chenu.billing.coupon_rules import CouponDuration, Quote
from chenu.billing.recurring import BillingInterval
from chenu.core.money import Cents
from chenu.flows.coupons.codes import TypedCode
from chenu.flows.services import Services
from chenu.flows.subscriptions.discounts import quote_plan
from chenu.tiers.catalogue import TierCode
from tests.flows.coupons import BOTH, make_coupon
from tests.flows.plans import advance, complete, move_clocks, open_plans, plan_of, start
from tests.flows.test_plans import require_true_books
from tests.people import Person
from tests.rows import count
from tests.stripe_side import Json, StripeSide

MONTH, YEAR = BillingInterval.MONTH, BillingInterval.YEAR
PERCENT = {"percent_off": 30}
FIXED = {"percent_off": None, "amount_off": 333}
ONCE: dict[str, Any] = {"duration": CouponDuration.ONCE}
REPEATING = {"duration": CouponDuration.REPEATING, "duration_in_months": 3}
LONG = {"duration": CouponDuration.REPEATING, "duration_in_months": 13}
FOREVER = {"duration": CouponDuration.FOREVER}

CHARGED: dict[str, tuple[dict[str, Any], BillingInterval, tuple[int, int, int]]] = {
    "30 % once, by month": (PERCENT | ONCE, MONTH, (2030, 2900, 2900)),
    "30 % for 3 months, by month": (PERCENT | REPEATING, MONTH, (2030, 2030, 2900)),
    "30 % for ever, by month": (PERCENT | FOREVER, MONTH, (2030, 2030, 2030)),
    "3.33 once, by month": (FIXED | ONCE, MONTH, (2567, 2900, 2900)),
    "3.33 for 3 months, by month": (FIXED | REPEATING, MONTH, (2567, 2567, 2900)),
    "3.33 for ever, by month": (FIXED | FOREVER, MONTH, (2567, 2567, 2567)),
    "30 % once, by year": (PERCENT | ONCE, YEAR, (20300, 29000, 29000)),
    "30 % for 3 months, by year": (PERCENT | REPEATING, YEAR, (20300, 29000, 29000)),
    "30 % for 13 months, by year": (PERCENT | LONG, YEAR, (20300, 20300, 29000)),
    "30 % for ever, by year": (PERCENT | FOREVER, YEAR, (20300, 20300, 20300)),
    "3.33 once, by year": (FIXED | ONCE, YEAR, (28667, 29000, 29000)),
    "3.33 for 3 months, by year": (FIXED | REPEATING, YEAR, (28667, 29000, 29000)),
    "3.33 for ever, by year": (FIXED | FOREVER, YEAR, (28667, 28667, 28667)),
}
"""Worked by hand: the first, second and fourth invoice of PRO at 29.00 a month, 290.00 a year."""


@pytest.fixture
async def person(services: Services, stripe_side: StripeSide) -> Person:
    await stripe_side.reset()
    return await open_plans(services)


@dataclass(frozen=True)
class Began:
    quote: Quote
    subscription: str


async def begin(
    services: Services, person: Person, interval: BillingInterval, *, trial: bool
) -> Began:
    typed = TypedCode("save50", ("code",))
    offer = await quote_plan(person.actor, typed, TierCode.PRO, interval)
    order = await start(
        services, person.actor, TierCode.PRO, interval, trial=trial, coupon="SAVE50"
    )
    await complete(services, order)
    plan = await plan_of(person)
    assert plan is not None
    return Began(offer.quote, plan.stripe_subscription_id)


def quoted(quote: Quote) -> tuple[Cents, ...]:
    """The first, second and fourth invoice."""
    discounted = quote.discounted_invoices
    return tuple(
        quote.first_invoice if discounted is None or number <= discounted else quote.later_invoices
        for number in (1, 2, 4)
    )


async def list_invoices(stripe_side: StripeSide, subscription: str) -> list[Json]:
    """Those for something, the oldest first."""
    listed = await stripe_side.list_all("/v1/invoices", subscription=subscription)
    return [invoice for invoice in reversed(listed) if invoice["subtotal"]]


@pytest.mark.parametrize("trial", [False, True], ids=["at once", "after a trial"])
@pytest.mark.parametrize(("coupon", "interval", "charged"), CHARGED.values(), ids=CHARGED)
async def test_what_is_quoted_is_charged(
    services: Services,
    stripe_side: StripeSide,
    person: Person,
    coupon: dict[str, Any],
    interval: BillingInterval,
    charged: tuple[int, int, int],
    trial: bool,
) -> None:
    await make_coupon(services, intervals=BOTH, **coupon)
    began = await begin(services, person, interval, trial=trial)

    if trial:
        await advance(services, 14.1)
    for _ in range(3):
        await move_clocks(services, 31.1 if interval is MONTH else 366)

    invoices = await list_invoices(stripe_side, began.subscription)
    first, second, _, fourth = (invoice["amount_paid"] for invoice in invoices[:4])
    assert (first, second, fourth) == charged
    assert quoted(began.quote) == charged


@pytest.mark.parametrize("coupon", [PERCENT | REPEATING, FIXED | ONCE], ids=["3 months", "once"])
async def test_a_trials_invoice_of_nothing_uses_no_month_up_and_books_split_every_cent(
    services: Services, stripe_side: StripeSide, person: Person, coupon: dict[str, Any]
) -> None:
    await make_coupon(services, **coupon)
    began = await begin(services, person, MONTH, trial=True)

    for _ in range(8):
        await advance(services, 14.1)

    off, times = (870, 3) if coupon.get("percent_off") else (333, 1)
    assert len(await list_invoices(stripe_side, began.subscription)) == 4
    assert await count("invoice", "subtotal = 0 AND discount = 0 AND status = 'PAID'") == 1
    split = "gross = 2900 AND discount = $1 AND tax = 0"
    assert await count("invoice_payment", split, off) == times
    assert await count("invoice_payment", split, 0) == 4 - times
    assert await count("invoice", "discount = $1 AND total = subtotal - discount", off) == times
    await require_true_books(services)
