"""Coupons for tests: made by staff, as the product makes them."""

from typing import Any

from msgspec.structs import replace

from chenu.accounts.actor import Staff
from chenu.billing.coupon_rules import CouponDuration, CouponInput
from chenu.billing.coupons import CouponRow, find_coupon_by_code
from chenu.billing.recurring import BillingInterval
from chenu.core.money import Cents
from chenu.flows.coupons.manage import create_coupon
from chenu.flows.services import Services
from tests.flows.plans import catch_up, plan_of
from tests.people import Person, make_person
from tests.stripe_side import open_stripe_side

BOTH = (BillingInterval.MONTH, BillingInterval.YEAR)


async def make_finance(name: str = "fiona") -> Person:
    person = await make_person(name)
    return replace(person, actor=replace(person.actor, staff=frozenset({Staff.FINANCE})))


def coupon_input(code: str = "SAVE50", **changes: Any) -> CouponInput:
    """Half of the first month, unless said otherwise."""
    given = {"percent_off": 50, "duration": CouponDuration.ONCE, **changes}
    if given.get("amount_off") is not None:
        given |= {"percent_off": None, "amount_off": Cents(given["amount_off"])}
    return CouponInput(code=code, **given)


async def make_coupon(services: Services, code: str = "SAVE50", **changes: Any) -> CouponRow:
    finance = await make_finance(f"f-{code.lower()}")
    return await create_coupon(services, finance.actor, coupon_input(code, **changes))


async def read_coupon(code: str = "SAVE50") -> CouponRow:
    found = await find_coupon_by_code(code)
    assert found is not None
    return found


async def lose_discount(services: Services, person: Person) -> None:
    """Somebody takes it off the subscription in Stripe's dashboard."""
    plan = await plan_of(person)
    assert plan is not None
    async with open_stripe_side(services) as stripe_side:
        await stripe_side.delete(f"/v1/subscriptions/{plan.stripe_subscription_id}/discount")
    await catch_up(services)
