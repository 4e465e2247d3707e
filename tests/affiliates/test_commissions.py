"""Rows of commissions: sums, pages, maturing, and what a payout takes."""

from datetime import date, timedelta

from chenu.affiliates.commissions import (
    CommissionSums,
    attach_due,
    get_commission_sums,
    list_commissions,
    list_commissions_by_id,
    list_commissions_of_payout,
    lock_due,
    mark_commissions_paid,
    mature,
)
from chenu.affiliates.model import AffiliateId, CommissionStatus, PayoutId
from chenu.affiliates.referrals import ReferralRow
from chenu.affiliates.tables import AffiliatePayout
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.ids import new_id
from chenu.core.money import Cents
from chenu.core.paging import PageRequest
from chenu.core.rows import insert
from chenu.flows.services import Services
from tests.affiliates.bound import bind, make_affiliate
from tests.affiliates.earned import DUE, PENDING, earn
from tests.people import make_person


async def make_referral(name: str = "camille") -> ReferralRow:
    affiliate = await make_affiliate(await make_person(f"affiliate-of-{name.lower()}"))
    return await bind(await make_person(name), affiliate)


async def put_payout(affiliate_id: AffiliateId, amount: Cents) -> PayoutId:
    payout_id = PayoutId(new_id())
    values = {
        "id": payout_id,
        "affiliate": affiliate_id,
        "month": date(2026, 3, 1),
        "amount": amount,
        "status": "PENDING",
        "created_at": business_now(),
    }
    await insert(AffiliatePayout, values)
    return payout_id


async def test_a_commission_is_pending_until_its_time_and_then_due(services: Services) -> None:
    referral = await make_referral()
    await earn(referral, 290, days=30)
    await earn(referral, 90, days=0)

    first, again = await mature(business_now()), await mature(business_now())
    early = await get_commission_sums(referral.affiliate_id)
    later = await mature(business_now() + timedelta(days=30))

    assert (first, again, later) == (1, 0, 1)
    assert early == CommissionSums(Cents(290), Cents(90), Cents(0), Cents(0))


async def test_sums_count_clawbacks_in_and_leave_out_what_was_reversed(services: Services) -> None:
    referral, other = await make_referral(), await make_referral("dominique")
    sold = await earn(referral, 290, DUE)
    await earn(referral, -100, DUE, of=sold)
    await earn(referral, 500, CommissionStatus.HELD)
    await earn(referral, 700, CommissionStatus.REVERSED)
    await earn(other, 999)

    assert await get_commission_sums(referral.affiliate_id) == CommissionSums(
        Cents(0), Cents(190), Cents(0), Cents(500)
    )


async def test_commissions_are_listed_page_by_page_newest_first(services: Services) -> None:
    referral = await make_referral()
    rows = [await earn(referral, amount) for amount in (100, 200, 300)]

    first = await list_commissions(referral.affiliate_id, PageRequest(2))
    key = (str(first.rows[-1].id), str(first.rows[-1].id))
    second = await list_commissions(referral.affiliate_id, PageRequest(2, key))

    assert [row.amount for row in first.rows] == [300, 200]
    assert list(second.rows) == [rows[0]]
    assert (first.has_next, second.has_next) == (True, False)


async def test_a_payout_takes_what_is_due_with_what_is_owed_and_nothing_twice(
    services: Services,
) -> None:
    referral = await make_referral()
    sold = await earn(referral, 6000, DUE)
    owed = await earn(referral, -500, DUE, of=sold)
    await earn(referral, 900, PENDING)
    async with db.transaction():
        due = await lock_due(referral.affiliate_id)
        payout_id = await put_payout(referral.affiliate_id, due.amount)
        await attach_due(due, payout_id)

    left = await lock_due(referral.affiliate_id)
    paid = await mark_commissions_paid(payout_id)
    again = await mark_commissions_paid(payout_id)

    assert (due.amount, left.amount, paid, again) == (5500, 0, 2, 0)
    assert [row.id for row in await list_commissions_of_payout(payout_id)] == [sold.id, owed.id]
    [stored] = await list_commissions_by_id([sold.id])
    assert stored.status is CommissionStatus.PAID
    assert (await get_commission_sums(referral.affiliate_id)).paid == 5500
