"""Commissions follow charges, refunds and disputes, in whichever order Stripe tells of them."""

from datetime import timedelta

import pytest

from chenu.affiliates.affiliates import AffiliateRow
from chenu.affiliates.commissions import attach_due, lock_due, mark_commissions_paid, mature
from chenu.affiliates.held_commissions import hold_commissions
from chenu.affiliates.model import (
    AffiliateStatus,
    CommissionKind,
    ReferralOrigin,
    ReferralState,
)
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.money import Cents
from chenu.flows.services import Services
from chenu.ledger.accounts import affiliate_payable
from chenu.ledger.journal import get_cents
from tests.affiliates.following import COMMISSION, Followed, follow, violated
from tests.affiliates.test_commissions import put_payout
from tests.rows import put


async def play(followed: Followed, story: str) -> None:
    for word in story.split(", "):
        await followed.act(word)


async def owed_to(affiliate: AffiliateRow) -> int:
    return await get_cents(affiliate_payable(affiliate.id))


@pytest.mark.parametrize("kind", ["tier", "api_plan"])
async def test_a_paid_invoice_makes_one_commission_with_its_arithmetic(
    services: Services, kind: str
) -> None:
    followed = await follow(kind=kind)

    await followed.act("pay")
    await followed.pay([])

    [row] = await followed.rows()
    assert (row.paid, row.total, row.total_excluding_tax, row.base) == (2900, 2900, 2417, 2417)
    assert (row.basis_points, row.amount, row.status) == (1000, COMMISSION, "PENDING")
    assert row.due_at - row.created_at > timedelta(days=29, hours=23)
    assert await owed_to(followed.affiliate) == COMMISSION
    assert await violated() == []


STORIES = {
    # what is kept of the commission, and how many rows tell of it
    "pay first, pay second": (0, 0),
    "pay first, pay second, pay third": (242, 1),
    "pay, refund first 1000": (158, 2),
    "pay, refund first 501, refund first 499": (158, 3),
    "pay first, refund first 1000, pay second, pay third": (158, 2),
    "pay first, refund first 1000, fail first 1000, pay second, pay third": (242, 1),
    "pay, refund first 1000, fail first 1000": (242, 3),
    "pay, fail first 1000": (242, 1),
    "pay, refund first 1000, fail first 1000, refund first 400": (208, 4),
    "pay, refund second 1": (242, 1),
    "pay, refund first 1000, refund second 900, refund third 1000": (0, 4),
    "pay, take third": (158, 2),
    "pay, take third, win third": (242, 3),
    "pay, take third, win third, take third": (158, 4),
    "pay, refund third 400, take third": (158, 3),
    "pay, refund third 400, take third, fail third 400": (192, 4),
    "pay, take third, refund first 1000, refund second 900": (0, 4),
    "pay, take third, refund first 1000, refund second 900, win third": (83, 5),
    "pay first, take first, pay second, pay third": (158, 2),
    "pay first, take first, pay second, win first, pay third": (242, 1),
}


@pytest.mark.parametrize("story", STORIES)
async def test_in_every_order_the_affiliate_has_a_tenth_of_what_remains(
    services: Services, story: str
) -> None:
    left, rows = STORIES[story]
    followed = await follow()

    await play(followed, story)

    assert (sum(await followed.amounts()), len(await followed.amounts())) == (left, rows)
    assert await owed_to(followed.affiliate) == left
    assert await violated() == []


async def test_events_that_come_again_change_nothing(services: Services) -> None:
    followed = await follow()
    story = "pay, refund first 300, take third"
    await play(followed, story)
    before = await followed.rows()

    await play(followed, "refund first 300, take third, refund first 300")
    await followed.pay([])

    assert await followed.rows() == before


async def test_a_clawback_shows_what_it_takes_from(services: Services) -> None:
    followed = await follow()

    await play(followed, "pay, refund first 1000, fail first 1000")

    _, taken, given = await followed.rows()
    assert (taken.kind, taken.status) == (CommissionKind.CLAWBACK, "DUE")
    assert (taken.paid, taken.base, taken.amount) == (-1000, -834, -84)
    assert (given.kind, given.status) == (CommissionKind.REINSTATEMENT, "PENDING")
    assert (given.paid, given.base, given.amount) == (1000, 834, 84)
    assert (taken.cause, given.cause) == ("refund:re_0_1000", "refund-failed:re_0_1000")


async def test_what_goes_back_whole_before_it_was_paid_is_reversed(services: Services) -> None:
    followed = await follow()

    await play(followed, "pay, refund first 1000, refund second 900, take third")
    reversed_rows = await followed.statuses()
    await followed.act("win third")

    assert reversed_rows == ["REVERSED"] * 4
    assert (await followed.statuses())[-1] == "PENDING"
    assert (await followed.amounts())[-1] == 83
    assert await violated() == []


async def pay_out(followed: Followed) -> None:
    """As if the payout were made, but for the transfer's entries; above the least payout."""
    await mature(business_now() + timedelta(days=31))
    async with db.transaction():
        due = await lock_due(followed.affiliate.id)
        payout_id = await put_payout(followed.affiliate.id, Cents(max(due.amount, 5000)))
        await attach_due(due, payout_id)
        await mark_commissions_paid(payout_id)


async def test_a_clawback_after_the_payout_is_owed_to_us(services: Services) -> None:
    followed = await follow()
    await followed.act("pay")
    await pay_out(followed)

    await play(followed, "refund first 1000, refund second 900, take third")

    assert await followed.statuses() == ["PAID", "DUE", "DUE", "DUE"]
    assert (await lock_due(followed.affiliate.id)).amount == -COMMISSION


@pytest.mark.parametrize("kind", ["pack", "agent", ""])
async def test_other_invoices_earn_nothing(services: Services, kind: str) -> None:
    followed = await follow(kind=kind)

    await followed.act("pay")

    assert await followed.rows() == []
    assert await violated() == []


async def test_a_refused_referral_earns_nothing(services: Services) -> None:
    followed = await follow(ReferralState.REFUSED)

    await followed.act("pay")

    assert await followed.rows() == []
    assert await violated() == []


async def test_a_held_referral_earns_what_is_frozen_and_so_are_its_clawbacks(
    services: Services,
) -> None:
    followed = await follow(ReferralState.HELD)

    await play(followed, "pay, refund first 500, take third, win third")

    rows = await followed.rows()
    assert [row.status for row in rows] == ["HELD"] * 4
    assert all(row.held_at is not None for row in rows)
    assert await mature(business_now() + timedelta(days=90)) == 0
    assert await violated() == []


async def test_a_suspended_affiliate_earns_what_is_frozen(services: Services) -> None:
    followed = await follow()
    await put("affiliate", "status", AffiliateStatus.SUSPENDED)

    await followed.act("pay")

    assert await followed.statuses() == ["HELD"]


async def test_what_is_held_after_it_was_paid_for_freezes_what_is_given_again(
    services: Services,
) -> None:
    followed = await follow()
    await play(followed, "pay, take third")
    await hold_commissions(followed.referral.id, "the same household")

    await followed.act("win third")

    assert await followed.statuses() == ["HELD"] * 3
    assert await violated() == []


@pytest.mark.parametrize(("hours", "rows"), [(-1, 1), (1, 0)], ids=["before", "after"])
async def test_a_customer_bound_by_staff_counts_from_then_on(
    services: Services, hours: int, rows: int
) -> None:
    followed = await follow()
    await put("referral", "origin", ReferralOrigin.MANUAL)
    await put("referral", "bound_at", business_now() + timedelta(hours=hours))

    await followed.act("pay")

    assert len(await followed.rows()) == rows
    assert await violated() == []
