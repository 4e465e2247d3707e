"""Whole stories with Stripe's sandbox: a trial, its first invoice, refunds and disputes."""

from chenu.accounts.actor import ApiScope
from chenu.affiliates.affiliates import AffiliateRow
from chenu.affiliates.commissions import (
    CommissionSums,
    get_commission_sums,
    list_commissions,
    mature,
)
from chenu.billing.coupon_rules import CouponDuration
from chenu.billing.invoices import list_invoice_payments, list_invoices
from chenu.billing.recurring import BillingInterval
from chenu.core.clock import business_now
from chenu.core.money import Cents
from chenu.core.paging import PageRequest
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.affiliates.bound import bind, make_affiliate
from tests.affiliates.following import violated
from tests.flows.coupons import make_coupon
from tests.flows.plans import advance, catch_up, complete, open_plans, start
from tests.people import Person, make_person
from tests.stripe_side import StripeSide

NOTHING = Cents(0)


async def begin(services: Services, stripe_side: StripeSide) -> tuple[Person, AffiliateRow]:
    """Somebody bound on FREE, and plans at Stripe."""
    await stripe_side.reset()
    customer = await open_plans(services)
    affiliate = await make_affiliate(await make_person("affiliate"))
    await bind(customer, affiliate)
    return customer, affiliate


async def sums_of(affiliate: AffiliateRow) -> CommissionSums:
    await mature(business_now())
    return await get_commission_sums(affiliate.id)


async def charge_of(customer: Person) -> str:
    account_id = customer.actor.require_account(ApiScope.READ)
    [invoice] = (await list_invoices(account_id, PageRequest(10))).rows
    [payment] = await list_invoice_payments([invoice.id])
    return payment.stripe_charge_id


async def test_a_year_of_business_after_its_trial_and_a_fifth_off_earns_7920_cents(
    services: Services, stripe_side: StripeSide
) -> None:
    customer, affiliate = await begin(services, stripe_side)
    await make_coupon(
        services,
        "CHENU20",
        percent_off=20,
        duration=CouponDuration.FOREVER,
        intervals=(BillingInterval.MONTH, BillingInterval.YEAR),
    )
    order = await start(
        services,
        customer.actor,
        TierCode.BUSINESS,
        BillingInterval.YEAR,
        trial=True,
        coupon="CHENU20",
    )
    await complete(services, order)

    of_trial = await sums_of(affiliate)
    await advance(services, 15)
    at_first = await sums_of(affiliate)
    await advance(services, 32)

    assert of_trial == CommissionSums(NOTHING, NOTHING, NOTHING, NOTHING)
    assert at_first == CommissionSums(Cents(7920), NOTHING, NOTHING, NOTHING)
    assert await sums_of(affiliate) == CommissionSums(NOTHING, Cents(7920), NOTHING, NOTHING)
    [row] = (await list_commissions(affiliate.id, PageRequest(10))).rows
    assert (row.base, row.basis_points) == (79_200, 1000)
    assert await violated() == []


async def test_what_is_refunded_at_stripe_and_taken_by_the_bank_is_taken_back(
    services: Services, stripe_side: StripeSide
) -> None:
    customer, affiliate = await begin(services, stripe_side)
    await complete(services, await start(services, customer.actor))
    charge = await charge_of(customer)
    paid = await sums_of(affiliate)

    await stripe_side.change("/v1/refunds", charge=charge, amount="300")
    await catch_up(services)
    in_part = await sums_of(affiliate)
    dispute = await stripe_side.dispute(charge)
    await catch_up(services)
    disputed = await sums_of(affiliate)
    await stripe_side.end_dispute(dispute, "won")
    await catch_up(services)

    assert (paid.pending, in_part.due, disputed.pending) == (90, -30, NOTHING)
    assert disputed.due == NOTHING
    assert await sums_of(affiliate) == CommissionSums(Cents(60), NOTHING, NOTHING, NOTHING)
    assert await violated() == []


async def test_each_renewal_earns_its_own_commission(
    services: Services, stripe_side: StripeSide
) -> None:
    customer, affiliate = await begin(services, stripe_side)
    await complete(services, await start(services, customer.actor))

    await advance(services, 33)

    assert await sums_of(affiliate) == CommissionSums(Cents(90), Cents(90), NOTHING, NOTHING)
    assert await violated() == []
