"""What a change of plan costs, to the cent: worked by hand from Stripe's rules, and charged so.

The rules: what was paid for the rest of the period is given back, the rest at the new price is due,
each to the second and rounded to the nearest cent. A year begins anew on the day of the change.
"""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest

from chenu.billing.recurring import BillingInterval
from chenu.billing.subscriptions import SubscriptionRow
from chenu.core import db
from chenu.core.money import Cents
from chenu.flows.services import Services
from chenu.flows.subscriptions.change import ChangeInput, change_plan
from chenu.flows.subscriptions.preview import ChangePreview, LineKind, make_preview
from chenu.tiers.catalogue import TierCode
from tests.flows.plans import catch_up, complete, move_to, open_plans, plan_of, start
from tests.flows.test_plans import require_true_books
from tests.people import Person
from tests.rows import count
from tests.stripe_side import StripeSide

STARTER, PRO, BUSINESS = TierCode.STARTER, TierCode.PRO, TierCode.BUSINESS
MONTH, YEAR = BillingInterval.MONTH, BillingInterval.YEAR


class Case(NamedTuple):
    """`lines` are what the hand-worked invoice says; `due` is their sum."""

    begins: datetime
    plan: tuple[TierCode, BillingInterval]
    after: timedelta
    to: tuple[TierCode, BillingInterval]
    lines: tuple[int, ...]

    @property
    def due(self) -> Cents:
        return Cents(sum(self.lines))


APRIL = datetime(2027, 4, 10, 12, tzinfo=UTC)
"""A month of 30 days; the year that begins then has 366."""

CASES = {
    # 20 of 30 days are left: 9.00 × 20/30 = 6.00 back; 29.00 × 20/30 = 19.333… due.
    "a month of 30 days, after ten": Case(
        APRIL, (STARTER, MONTH), timedelta(days=10), (PRO, MONTH), (-600, 1933)
    ),
    # 30 of 31 days: 9.00 × 30/31 = 8.7097 back; 29.00 × 30/31 = 28.0645 due.
    "a month of 31 days, after one": Case(
        datetime(2027, 3, 10, 12, tzinfo=UTC),
        (STARTER, MONTH),
        timedelta(days=1),
        (PRO, MONTH),
        (-871, 2806),
    ),
    # from 31 January to 28 February are 28 days; 14 are half of them.
    "a month of 28 days, in its middle": Case(
        datetime(2027, 1, 31, 12, tzinfo=UTC),
        (STARTER, MONTH),
        timedelta(days=14),
        (PRO, MONTH),
        (-450, 1450),
    ),
    # from 31 January to the leap day are 29 days; 19 are left: 5.8966 back; 19.00 due.
    "a month that ends on the leap day": Case(
        datetime(2028, 1, 31, 12, tzinfo=UTC),
        (STARTER, MONTH),
        timedelta(days=10),
        (PRO, MONTH),
        (-590, 1900),
    ),
    # nothing is used up
    "the first second": Case(APRIL, (STARTER, MONTH), timedelta(), (PRO, MONTH), (-900, 2900)),
    # one second of 2,592,000: less than half a cent of either price
    "the last second": Case(
        APRIL, (STARTER, MONTH), timedelta(days=30, seconds=-1), (PRO, MONTH), (0,)
    ),
    # 12 hours of 30 days are a sixtieth: 59/60 of 9.00 are 8.85, of 99.00 are 97.35
    "twelve hours, two tiers up": Case(
        APRIL, (STARTER, MONTH), timedelta(hours=12), (BUSINESS, MONTH), (-885, 9735)
    ),
    # the year is due whole, as it begins now; 6.00 of the month come back
    "a month becomes a year": Case(
        APRIL, (STARTER, MONTH), timedelta(days=10), (STARTER, YEAR), (-600, 9000)
    ),
    "a month becomes a year of a higher tier": Case(
        APRIL, (STARTER, MONTH), timedelta(days=15), (PRO, YEAR), (-450, 29000)
    ),
    # 183 of 366 days are half of the year: 45.00 back, 145.00 due
    "within a leap year": Case(
        APRIL, (STARTER, YEAR), timedelta(days=183), (PRO, YEAR), (-4500, 14500)
    ),
}


@pytest.fixture
async def person(services: Services, stripe_side: StripeSide) -> Person:
    await stripe_side.reset()
    return await open_plans(services)


async def begin(services: Services, person: Person, case: Case) -> SubscriptionRow:
    await move_to(services, case.begins)
    await complete(services, await start(services, person.actor, *case.plan))
    plan = await plan_of(person)
    assert plan is not None
    return plan


async def agree(
    services: Services, person: Person, preview: ChangePreview, key: str = "change-1"
) -> SubscriptionRow:
    request = ChangeInput(preview.tier, preview.interval, preview.proration_date, preview.due_now)
    plan = await change_plan(services, person.actor, request, key)
    await catch_up(services)
    return plan


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_the_invoice_is_the_preview_and_the_preview_is_what_the_rules_say(
    services: Services, person: Person, stripe_side: StripeSide, case: Case
) -> None:
    plan = await begin(services, person, case)
    moment = plan.period_start + case.after
    await move_to(services, min(moment, plan.period_end - timedelta(seconds=50)))

    preview = await make_preview(services, plan, *case.to, moment)
    changed = await agree(services, person, preview)

    assert tuple(line.amount for line in preview.lines) == case.lines
    assert preview.due_now == case.due
    assert (changed.item, changed.billing_interval) == case.to
    subscription = await stripe_side.get(f"/v1/subscriptions/{plan.stripe_subscription_id}")
    invoice = await stripe_side.get(f"/v1/invoices/{subscription['latest_invoice']}")
    assert [line["amount"] for line in invoice["lines"]["data"]] == list(case.lines)
    assert (invoice["amount_due"], invoice["amount_paid"]) == (case.due, case.due)
    assert await count("invoice", f"status = 'PAID' AND total = {case.due}") == 1
    assert await count("invoice_payment") == (2 if case.due else 1)
    await require_true_books(services)


async def test_a_second_change_gives_back_what_the_first_one_cost(
    services: Services, person: Person
) -> None:
    """14.50 for half of the month; at three quarters half of that comes back: 7.25.

    A quarter of 99.00 is 24.75.
    """
    case = Case(APRIL, (STARTER, MONTH), timedelta(days=15), (PRO, MONTH), (-450, 1450))
    plan = await begin(services, person, case)
    await move_to(services, plan.period_start + timedelta(days=15))
    half = plan.period_start + timedelta(days=15)
    pro = await agree(services, person, await make_preview(services, plan, PRO, MONTH, half))

    quarter = plan.period_start + timedelta(days=22, hours=12)
    await move_to(services, quarter)
    preview = await make_preview(services, pro, BUSINESS, MONTH, quarter)
    await agree(services, person, preview, "change-2")

    assert [line.amount for line in preview.lines] == [-725, 2475]
    assert await count("invoice", "status = 'PAID' AND total = 1750") == 1
    await require_true_books(services)


async def test_the_next_invoice_is_the_new_price(services: Services, person: Person) -> None:
    case = CASES["a month of 30 days, after ten"]
    plan = await begin(services, person, case)
    moment = plan.period_start + case.after
    await move_to(services, moment)
    preview = await make_preview(services, plan, PRO, MONTH, moment)
    await agree(services, person, preview)

    await move_to(services, plan.period_end + timedelta(hours=2))

    assert preview.next_invoice == 2900
    assert await count("invoice", "status = 'PAID' AND total = 2900") == 1
    assert [line.kind for line in preview.lines] == [
        LineKind.UNUSED_TIME,
        LineKind.REMAINING_TIME,
    ]
    await require_true_books(services)


@pytest.mark.parametrize("interval", BillingInterval)
async def test_in_a_trial_nothing_is_due_and_the_trial_goes_on(
    services: Services, person: Person, interval: BillingInterval
) -> None:
    await complete(services, await start(services, person.actor, trial=True))
    plan = await plan_of(person)
    assert plan is not None

    preview = await make_preview(services, plan, BUSINESS, interval)
    changed = await agree(services, person, preview)

    assert (preview.due_now, preview.lines) == (0, ())
    assert preview.next_invoice == (99000 if interval is YEAR else 9900)
    assert (changed.item, changed.trial_ends_at) == ("BUSINESS", plan.trial_ends_at)
    assert changed.period_end == plan.period_end
    assert await count("invoice_payment") == 0
    assert plan.trial_ends_at is not None
    await move_to(services, plan.trial_ends_at + timedelta(hours=2))
    paid = await db.fetch_value("SELECT amount_paid FROM invoice ORDER BY created_at DESC LIMIT 1")
    assert paid == preview.next_invoice
    await require_true_books(services)
