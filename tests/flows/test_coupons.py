"""Coupons with plans: reserved with the page, redeemed with the plan, released without one."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from chenu.accounts.actor import Staff
from chenu.billing.coupon_rules import CouponDuration, CouponRejected
from chenu.billing.recurring import BillingInterval
from chenu.billing.subscription_orders import OrderStatus, get_order
from chenu.core.clock import business_now
from chenu.core.errors import AlreadyExists, Forbidden, NotFound, ProviderUnavailable, RateLimited
from chenu.flows.coupons.campaigns import put_campaigns
from chenu.flows.coupons.codes import TypedCode
from chenu.flows.coupons.manage import create_coupon, withdraw_coupon
from chenu.flows.services import Services
from chenu.flows.subscriptions.discounts import quote_plan
from chenu.flows.subscriptions.pages import SUBSCRIPTION_PAGES
from chenu.tiers.catalogue import TierCode
from tests.flows.coupons import (
    BOTH,
    coupon_input,
    lose_discount,
    make_coupon,
    make_finance,
    read_coupon,
)
from tests.flows.plans import advance, catch_up, complete, open_plans, plan_of, start, tier_of
from tests.flows.sales import work_off
from tests.flows.test_plans import require_true_books
from tests.people import Person, make_person
from tests.rows import count
from tests.stripe_side import AWAY, StripeSide

CODE = ("code",)
YEAR = BillingInterval.YEAR
MONTH = BillingInterval.MONTH


@pytest.fixture
async def person(services: Services, stripe_side: StripeSide) -> Person:
    await stripe_side.reset()
    return await open_plans(services)


async def redemptions(status: str) -> int:
    return await count("coupon_redemption", "status = $1", status)


async def test_a_coupon_is_reserved_with_the_page_and_redeemed_with_the_plan(
    services: Services, person: Person
) -> None:
    await make_coupon(services)

    order = await start(services, person.actor, TierCode.PRO, coupon=" save50 ")
    assert await redemptions("RESERVED") == 1
    await complete(services, order)

    assert await redemptions("REDEEMED") == 1
    assert (await read_coupon()).uses == 1
    assert await tier_of(person) == "PRO"
    assert await count("invoice", "subtotal = 2900 AND discount = 1450 AND total = 1450") == 1
    assert await count("invoice_payment", "gross = 2900 AND discount = 1450") == 1
    await require_true_books(services)


async def test_a_discount_is_mirrored_while_it_lasts(services: Services, person: Person) -> None:
    await make_coupon(services, duration=CouponDuration.REPEATING, duration_in_months=2)

    await complete(services, await start(services, person.actor, coupon="SAVE50"))

    plan = await plan_of(person)
    assert plan is not None
    assert (plan.discount_code, plan.discount_percent) == ("SAVE50", 50)
    assert plan.discount_duration is CouponDuration.REPEATING
    assert plan.discount_ends_at is not None
    assert timedelta(days=58) < plan.discount_ends_at - business_now() < timedelta(days=63)
    for _ in range(3):
        await advance(services, 21)
    ended = await plan_of(person)
    assert ended is not None
    assert (ended.discount_code, ended.discount_ends_at) == (None, None)
    await require_true_books(services)


async def test_a_page_that_closes_releases_its_coupon(services: Services, person: Person) -> None:
    await make_coupon(services, max_redemptions=1)
    order = await start(services, person.actor, coupon="SAVE50")
    other = await make_person("max", TierCode.FREE)
    with pytest.raises(CouponRejected, match="no longer valid"):
        await start(services, other.actor, coupon="SAVE50")

    await SUBSCRIPTION_PAGES.close(services, order)

    assert await redemptions("RELEASED") == 1
    await complete(services, await start(services, other.actor, coupon="SAVE50"))
    assert await tier_of(other) == "STARTER"
    await require_true_books(services)


async def test_a_page_that_expires_releases_its_coupon(
    services: Services, person: Person, stripe_side: StripeSide
) -> None:
    await make_coupon(services)
    order = await start(services, person.actor, coupon="SAVE50")

    await stripe_side.expire(order.checkout_session_id or "")
    await work_off(services)

    assert (await get_order(order.id)).status is OrderStatus.CANCELED
    assert (await redemptions("RELEASED"), (await read_coupon()).uses) == (1, 0)


async def test_a_page_that_stripe_refuses_releases_its_coupon(
    services: Services, person: Person, stripe_side: StripeSide
) -> None:
    await make_coupon(services)
    await stripe_side.fail("card_error", "/v1/checkout/sessions", method="POST", times=None)

    with pytest.raises(Exception, match="could not be opened"):
        await start(services, person.actor, coupon="SAVE50")

    assert (await redemptions("RELEASED"), (await read_coupon()).uses) == (1, 0)
    await require_true_books(services)


async def test_a_page_with_another_code_takes_the_place_of_the_first(
    services: Services, person: Person
) -> None:
    for code in ("SAVE50", "MORE60"):
        await make_coupon(services, code, max_redemptions=1)
    first = await start(services, person.actor, coupon="SAVE50")

    same = await start(services, person.actor, coupon="save50", key="plan-2")
    plain = await start(services, person.actor, key="plan-3")
    other = await start(services, person.actor, coupon="MORE60", key="plan-4")
    larger = await start(services, person.actor, TierCode.PRO, coupon="MORE60", key="plan-5")

    assert same.id == first.id
    assert len({first.id, plain.id, other.id, larger.id}) == 4
    assert (await redemptions("RESERVED"), await redemptions("RELEASED")) == (1, 2)
    assert ((await read_coupon()).uses, (await read_coupon("MORE60")).uses) == (0, 1)


async def test_a_repeated_request_needs_no_second_use(services: Services, person: Person) -> None:
    coupon = await make_coupon(services, max_redemptions=1)
    first = await start(services, person.actor, coupon="SAVE50")
    await complete(services, first)
    await withdraw_coupon((await make_finance()).actor, coupon.code)

    again = await start(services, person.actor, coupon="SAVE50")

    assert again.id == first.id
    assert (await read_coupon()).uses == 1


async def test_a_customer_uses_a_code_once_even_after_the_plan_has_ended(
    services: Services, person: Person
) -> None:
    await make_coupon(services)
    await complete(services, await start(services, person.actor, trial=True, coupon="SAVE50"), "")
    await advance(services, 14.1)
    assert await tier_of(person) == "FREE"

    with pytest.raises(CouponRejected, match="as often as it can be used"):
        await start(services, person.actor, coupon="SAVE50", key="plan-2")

    assert await count("subscription_order") == 1


async def test_a_code_can_be_for_certain_plans(services: Services, person: Person) -> None:
    await make_coupon(services, "PROS", tiers=(TierCode.PRO, TierCode.BUSINESS), intervals=(YEAR,))
    await make_coupon(services, "MONTHLY")

    with pytest.raises(CouponRejected) as wrong_tier:
        await start(services, person.actor, coupon="PROS")
    with pytest.raises(CouponRejected, match="paid by the year"):
        await start(services, person.actor, TierCode.PRO, coupon="PROS")
    with pytest.raises(CouponRejected, match="paid by the month"):
        await start(services, person.actor, interval=YEAR, coupon="MONTHLY")

    assert str(wrong_tier.value) == "This code is for these plans: Pro, Business"
    assert wrong_tier.value.path == ("coupon_code",)
    assert await count("subscription_order") == 0


async def test_a_code_counts_within_its_window(services: Services, person: Person) -> None:
    now = business_now()
    await make_coupon(services, "SOON", starts_at=now + timedelta(days=1))
    await make_coupon(services, "SHORT", redeem_by=now + timedelta(days=1))

    with pytest.raises(CouponRejected, match="no such code"):
        await start(services, person.actor, coupon="SOON")
    await advance(services, 1.1)
    with pytest.raises(CouponRejected, match="no longer valid"):
        await start(services, person.actor, coupon="SHORT")
    await start(services, person.actor, coupon="SOON")

    assert await redemptions("RESERVED") == 1


async def test_a_withdrawn_code_is_unknown_and_plans_that_have_it_keep_it(
    services: Services, person: Person
) -> None:
    await make_coupon(services, duration=CouponDuration.FOREVER)
    await complete(services, await start(services, person.actor, coupon="SAVE50"))
    finance = await make_finance()

    withdrawn = await withdraw_coupon(finance.actor, "save50")
    again = await withdraw_coupon(finance.actor, "SAVE50")

    assert not withdrawn.active
    assert again == withdrawn
    assert await count("audit_event", "action = 'coupon.deactivate'") == 1
    other = await make_person("max", TierCode.FREE)
    with pytest.raises(CouponRejected, match="no such code"):
        await start(services, other.actor, coupon="SAVE50")
    await advance(services, 31.1)
    assert await count("invoice", "total = 450 AND status = 'PAID'") == 2


async def test_the_tenth_wrong_code_is_not_looked_at(services: Services, person: Person) -> None:
    await make_coupon(services)
    for number in range(9):
        with pytest.raises(CouponRejected, match="no such code"):
            await start(services, person.actor, coupon=f"GUESS{number}")

    with pytest.raises(RateLimited) as refusal:
        await start(services, person.actor, coupon="SAVE50")

    assert 0 < refusal.value.retry_after <= 3600
    assert "minutes" in str(refusal.value)
    assert await count("subscription_order") == 0
    await start(services, person.actor)


async def test_a_code_that_exists_does_not_count_as_a_guess(
    services: Services, person: Person
) -> None:
    await make_coupon(services, tiers=(TierCode.PRO,))
    for _ in range(12):
        with pytest.raises(CouponRejected, match="these plans"):
            await start(services, person.actor, coupon="SAVE50")

    await start(services, person.actor, TierCode.PRO, coupon="SAVE50")


async def test_a_visitor_may_ask_what_a_code_does_nine_times_in_vain(
    services: Services, person: Person
) -> None:
    visitor = replace(person.actor, account_id=None, user_id=None, session_id=None, ip="192.0.2.7")
    for number in range(9):
        with pytest.raises(CouponRejected):
            await quote_plan(visitor, TypedCode(f"NO{number}NO", CODE), TierCode.PRO, MONTH)

    with pytest.raises(RateLimited):
        await quote_plan(visitor, TypedCode("NO", CODE), TierCode.PRO, MONTH)
    elsewhere = replace(visitor, ip="192.0.2.8")
    with pytest.raises(CouponRejected):
        await quote_plan(elsewhere, TypedCode("NO", CODE), TierCode.PRO, MONTH)


async def test_a_coupon_that_is_gone_at_stripe_is_made_again_for_the_page(
    services: Services, person: Person, stripe_side: StripeSide
) -> None:
    coupon = await make_coupon(services)
    await stripe_side.delete(f"/v1/coupons/{coupon.stripe_id}")

    await complete(services, await start(services, person.actor, coupon="SAVE50"))

    assert (await stripe_side.get(f"/v1/coupons/{coupon.stripe_id}"))["percent_off"] == 50
    assert await count("invoice_payment", "discount = 450") == 1
    await require_true_books(services)


async def test_a_deletion_at_stripe_is_followed_unless_the_coupon_is_back(
    services: Services, person: Person, stripe_side: StripeSide
) -> None:
    coupon = await make_coupon(services)
    await stripe_side.delete(f"/v1/coupons/{coupon.stripe_id}")
    await catch_up(services)
    assert not (await read_coupon()).is_at_stripe

    await start(services, person.actor, coupon="SAVE50")
    await stripe_side.delete(f"/v1/coupons/{coupon.stripe_id}")
    await make_again(stripe_side, coupon.stripe_id)
    await catch_up(services)

    assert (await read_coupon()).is_at_stripe


async def make_again(stripe_side: StripeSide, stripe_id: str) -> None:
    form = {"id": stripe_id, "percent_off": "50", "duration": "once"}
    await stripe_side.change("/v1/coupons", **form)


async def test_a_coupon_that_is_gone_before_the_trial_ends_is_put_back(
    services: Services, person: Person, stripe_side: StripeSide
) -> None:
    coupon = await make_coupon(services)
    await complete(services, await start(services, person.actor, trial=True, coupon="SAVE50"))
    await stripe_side.delete(f"/v1/coupons/{coupon.stripe_id}")

    await lose_discount(services, person)
    await advance(services, 14.1)

    assert await count("operation", "kind = 'COUPON_RESTORE' AND state = 'SETTLED'") == 1
    assert await count("invoice_payment", "gross = 900 AND discount = 450") == 1
    await require_true_books(services)


async def test_a_discount_that_is_removed_after_the_trial_is_gone(
    services: Services, person: Person
) -> None:
    await make_coupon(services, duration=CouponDuration.FOREVER)
    await complete(services, await start(services, person.actor, coupon="SAVE50"))

    await lose_discount(services, person)

    ended = await plan_of(person)
    assert ended is not None
    assert ended.discount_code is None
    assert await count("operation", "kind = 'COUPON_RESTORE'") == 0


async def test_staff_make_a_coupon_once_and_stripe_gets_its_copy(
    services: Services, person: Person, stripe_side: StripeSide
) -> None:
    finance = await make_finance()
    data = coupon_input(intervals=BOTH, tiers=(TierCode.PRO,))

    made = await create_coupon(services, finance.actor, data)
    again = await create_coupon(services, finance.actor, data)
    with pytest.raises(AlreadyExists) as refusal:
        await create_coupon(services, finance.actor, coupon_input(percent_off=40))

    assert made == again
    assert made.is_at_stripe
    assert refusal.value.path == ("code",)
    [copy] = await stripe_side.list_all("/v1/coupons")
    assert (copy["id"], copy["name"], copy["percent_off"]) == ("chenu_save50", "SAVE50", 50)
    assert await count("operation", "id::text = $1", copy["metadata"]["operation_id"]) == 1
    assert await count("audit_event", "action = 'coupon.create'") == 1


async def test_a_coupon_is_made_although_stripe_is_away(
    services: Services, person: Person, stripe_side: StripeSide
) -> None:
    await stripe_side.fail(AWAY, "/v1/coupons", times=None)
    made = await make_coupon(services)
    with pytest.raises(ProviderUnavailable):
        await start(services, person.actor, coupon="SAVE50")

    await stripe_side.heal()
    order = await start(services, person.actor, coupon="SAVE50")

    assert not made.is_at_stripe
    assert order.checkout_url is not None
    assert len(await stripe_side.list_all("/v1/coupons")) == 1
    assert (await redemptions("RESERVED"), (await read_coupon()).uses) == (1, 1)


async def test_finance_alone_makes_and_withdraws_coupons(
    services: Services, person: Person
) -> None:
    clerk = await make_person("clerk", staff=(Staff.SUPPORT, Staff.REVIEWER))
    for other in (person, clerk):
        with pytest.raises(Forbidden):
            await create_coupon(services, other.actor, coupon_input())
        with pytest.raises(Forbidden):
            await withdraw_coupon(other.actor, "SAVE50")
    with pytest.raises(NotFound):
        await withdraw_coupon((await make_finance()).actor, "SAVE50")

    assert await count("coupon") == 0


async def test_the_campaigns_are_made_once_and_what_is_withdrawn_stays_so(
    services: Services, person: Person, stripe_side: StripeSide
) -> None:
    first = await put_campaigns(services)
    await withdraw_coupon((await make_finance()).actor, "LAUNCH50")
    await stripe_side.delete("/v1/coupons/chenu_chenu20")

    second = await put_campaigns(services)

    assert [outcome.result for outcome in first] == ["created"] * 3
    assert [outcome.result for outcome in second] == ["unchanged", "updated", "unchanged"]
    assert {each["name"] for each in await stripe_side.list_all("/v1/coupons")} == {
        "LAUNCH50",
        "CHENU20",
        "Q1DEAL",
    }
    assert not (await read_coupon("LAUNCH50")).active
