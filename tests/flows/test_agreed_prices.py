"""A change of plan costs what its owner agreed to, or nothing is charged; and credits count."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from chenu.accounts.actor import AccountRole
from chenu.agents.errors import PriceChanged
from chenu.billing.recurring import BillingInterval
from chenu.billing.subscriptions import SubscriptionRow
from chenu.core.clock import business_now
from chenu.core.errors import Forbidden, IdempotencyConflict
from chenu.core.money import Cents
from chenu.flows.services import Services
from chenu.flows.subscriptions.change import ChangeInput, change_plan
from chenu.flows.subscriptions.preview import (
    LineKind,
    describe_line,
    make_preview,
    preview_plan_change,
)
from chenu.tiers.catalogue import TierCode
from tests.flows.plans import catch_up, change, move_to, open_paid_plan, plan_of
from tests.flows.test_plans import require_true_books
from tests.people import Person, make_member
from tests.rows import count
from tests.stripe_side import StripeSide

STARTER, PRO = TierCode.STARTER, TierCode.PRO
MONTH, YEAR = BillingInterval.MONTH, BillingInterval.YEAR


@pytest.fixture
async def person(services: Services, stripe_side: StripeSide) -> Person:
    """Somebody with a paid STARTER."""
    await stripe_side.reset()
    return await open_paid_plan(services)


async def current(person: Person) -> SubscriptionRow:
    plan = await plan_of(person)
    assert plan is not None
    return plan


async def agreed(services: Services, person: Person) -> ChangeInput:
    preview = await preview_plan_change(services, person.actor, PRO, MONTH)
    return ChangeInput(PRO, MONTH, preview.proration_date, preview.due_now)


async def require_unchanged(services: Services, person: Person) -> None:
    await catch_up(services)
    assert (await current(person)).item == "STARTER"
    assert await count("operation", "kind = 'SUBSCRIPTION_CHANGE'") == 0
    assert await count("invoice_payment") == 1


@pytest.mark.parametrize("cents", [-1, 1, 100_000])
async def test_another_amount_is_not_charged(
    services: Services, person: Person, cents: int
) -> None:
    request = await agreed(services, person)
    assert request.expected_due_now is not None
    other = replace_due(request, Cents(request.expected_due_now + cents))

    with pytest.raises(PriceChanged) as refused:
        await change_plan(services, person.actor, other, "change")

    assert refused.value.path == ("expected_due_now_minor",)
    await require_unchanged(services, person)


def replace_due(request: ChangeInput, due: Cents) -> ChangeInput:
    return ChangeInput(request.tier, request.interval, request.proration_date, due)


@pytest.mark.parametrize(
    "ago", [timedelta(minutes=15, seconds=5), timedelta(days=40), timedelta(minutes=-2)], ids=str
)
async def test_what_was_agreed_to_long_ago_or_not_yet_is_not_charged(
    services: Services, person: Person, ago: timedelta
) -> None:
    begun = (await current(person)).period_start
    await move_to(services, begun + timedelta(hours=1))
    request = ChangeInput(PRO, MONTH, business_now() - ago)

    with pytest.raises(PriceChanged) as refused:
        await change_plan(services, person.actor, request, "change")

    assert refused.value.path == ("proration_date",)
    await require_unchanged(services, person)


async def test_a_discount_that_came_meanwhile_is_another_price(
    services: Services, person: Person, stripe_side: StripeSide
) -> None:
    request = await agreed(services, person)
    await discount(stripe_side, await current(person), duration="forever")

    with pytest.raises(PriceChanged):
        await change_plan(services, person.actor, request, "change")

    await require_unchanged(services, person)


async def test_the_key_of_one_change_is_not_that_of_another(
    services: Services, person: Person
) -> None:
    request = await agreed(services, person)
    await change_plan(services, person.actor, request, "change")

    with pytest.raises(IdempotencyConflict):
        await change_plan(services, person.actor, replace_due(request, Cents(1)), "change")


async def test_a_refused_change_does_not_use_its_key_up(services: Services, person: Person) -> None:
    request = await agreed(services, person)
    with pytest.raises(PriceChanged):
        await change_plan(services, person.actor, replace_due(request, Cents(1)), "change")

    plan = await change_plan(services, person.actor, request, "change")

    assert plan.item == "PRO"


async def discount(stripe_side: StripeSide, plan: SubscriptionRow, duration: str) -> None:
    """Half off, as a coupon at Stripe."""
    coupon = await stripe_side.change("/v1/coupons", percent_off="50", duration=duration)
    path = f"/v1/subscriptions/{plan.stripe_subscription_id}"
    await stripe_side.change(path, **{"discounts[0][coupon]": coupon["id"]})


@pytest.mark.parametrize("duration", ["once", "forever"])
async def test_a_discount_counts_in_the_preview_and_in_the_books(
    services: Services, person: Person, stripe_side: StripeSide, duration: str
) -> None:
    await discount(stripe_side, await current(person), duration)

    request = await agreed(services, person)
    plan = await change_plan(services, person.actor, request, "change")
    await catch_up(services)

    assert plan.item == "PRO"
    due = request.expected_due_now
    assert await count("invoice", f"amount_paid = {due} AND status = 'PAID'") == 1
    await require_true_books(services)


async def test_a_discount_for_ever_survives_a_scheduled_downgrade(
    services: Services, person: Person, stripe_side: StripeSide
) -> None:
    await change(services, person.actor, PRO, YEAR)
    plan = await current(person)
    await discount(stripe_side, plan, "forever")

    await change(services, person.actor, STARTER, MONTH, "down")
    await move_to(services, plan.period_end + timedelta(hours=2))

    assert (await current(person)).item == "STARTER"
    assert await count("invoice", "amount_paid = 450 AND discount = 450") == 1
    await require_true_books(services)


async def test_a_first_discount_that_comes_back_is_no_discount_of_the_change(
    services: Services, person: Person, stripe_side: StripeSide
) -> None:
    """What was paid with half off gives half back; the new plan has no discount any more."""
    await discount(stripe_side, await current(person), "once")
    begun = await current(person)
    await move_to(services, begun.period_end + timedelta(hours=2))
    renewed = await current(person)
    half = renewed.period_start + (renewed.period_end - renewed.period_start) / 2
    await move_to(services, half)

    preview = await make_preview(services, renewed, PRO, MONTH, half)
    request = ChangeInput(PRO, MONTH, half, preview.due_now)
    await change_plan(services, person.actor, request, "change")
    await catch_up(services)

    assert [(line.kind, line.amount) for line in preview.lines] == [
        (LineKind.UNUSED_TIME, -450),
        (LineKind.REMAINING_TIME, 1450),
        (LineKind.DISCOUNT, 225),
    ]
    assert await count("invoice_payment", "gross = 1225 AND discount = 0") == 1
    await require_true_books(services)


@pytest.mark.parametrize(("balance", "due"), [(-500, 1500), (-5000, 0), (300, 2300)])
async def test_what_the_customer_has_or_owes_at_stripe_counts(
    services: Services, person: Person, stripe_side: StripeSide, balance: int, due: int
) -> None:
    plan = await current(person)
    subscription = await stripe_side.get(f"/v1/subscriptions/{plan.stripe_subscription_id}")
    await stripe_side.change(f"/v1/customers/{subscription['customer']}", balance=str(balance))

    preview = await make_preview(services, plan, PRO, MONTH, plan.period_start)
    request = ChangeInput(PRO, MONTH, preview.proration_date, preview.due_now)
    await change_plan(services, person.actor, request, "change")
    await catch_up(services)

    assert preview.due_now == due
    assert sum(line.amount for line in preview.lines) == due
    assert preview.lines[-1].kind is LineKind.BALANCE
    assert await count("invoice", f"total = 2000 AND amount_paid = {due}") == 1
    assert (await current(person)).item == "PRO"
    await require_true_books(services)


async def test_what_is_too_little_for_a_card_is_paid_with_the_next_invoice(
    services: Services, person: Person
) -> None:
    """An hour before the end 0.01 comes back and 0.04 is due: 0.03, which no card pays."""
    plan = await current(person)
    hour = plan.period_end - timedelta(hours=1)
    await move_to(services, hour)

    preview = await make_preview(services, plan, PRO, MONTH, hour)
    request = ChangeInput(PRO, MONTH, hour, preview.due_now)
    await change_plan(services, person.actor, request, "change")
    await move_to(services, plan.period_end + timedelta(hours=2))

    assert [line.amount for line in preview.lines] == [-1, 4, -3]
    assert preview.due_now == 0
    assert await count("invoice", "total = 2900 AND amount_paid = 2903") == 1
    await require_true_books(services)


@pytest.mark.parametrize("role", AccountRole)
async def test_who_may_change_a_plan(services: Services, person: Person, role: AccountRole) -> None:
    member = person if role is AccountRole.OWNER else await make_member(person, "mia", role)
    actor = replace(member.actor, has_seat=True)

    if role is AccountRole.MEMBER:
        with pytest.raises(Forbidden):
            await preview_plan_change(services, actor, PRO, MONTH)
        with pytest.raises(Forbidden):
            await change_plan(services, actor, ChangeInput(PRO, MONTH), "change")
        await require_unchanged(services, person)
    else:
        assert (await change_plan(services, actor, ChangeInput(PRO, MONTH), "change")).item == "PRO"


async def test_lines_are_named_in_the_viewers_language(services: Services, person: Person) -> None:
    preview = await preview_plan_change(services, person.actor, PRO, MONTH)

    assert [describe_line(line, "en") for line in preview.lines] == [
        "Unused time on Starter",
        "Pro for the rest of the period",
    ]
    assert [describe_line(line, "fr") for line in preview.lines] == [
        "Temps non utilisé de Starter",
        "Pro pour le reste de la période",
    ]
