"""Returns of one invoice, staff and payouts that meet: each commission is right to the cent."""

import asyncio

import pytest

from chenu.affiliates.commissions import attach_due, lock_due, mature
from chenu.affiliates.held_commissions import hold_commissions
from chenu.billing.recurring import RefundStatus
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.money import Cents
from chenu.flows.services import Services
from tests.affiliates.earned import DUE, earn
from tests.affiliates.following import Followed, follow, make_charge, violated
from tests.affiliates.test_commissions import put_payout


async def _refund(followed: Followed, place: int, amount: int) -> None:
    await followed.refund(place, Cents(amount), RefundStatus.SUCCEEDED)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0)], ids=str)
async def test_refunds_of_all_charges_at_once_take_the_commission_once(
    services: Services, order: tuple[int, ...]
) -> None:
    followed = await follow()
    await followed.act("pay")

    await asyncio.gather(
        *(_refund(followed, place, (300, 400, 300)[place]) for place in order),
        *(_refund(followed, place, (700, 500, 700)[place]) for place in order),
        followed.pay([]),
    )

    assert sum(await followed.amounts()) == 0
    assert set(await followed.statuses()) == {"REVERSED"}
    assert await violated() == []


async def test_an_invoice_that_two_events_tell_of_earns_once(services: Services) -> None:
    followed = await follow()
    followed.charges = [make_charge(place) for place in range(3)]

    await asyncio.gather(*(followed.pay([]) for _ in range(6)))

    assert await followed.amounts() == [242]
    assert await violated() == []


async def test_a_payout_takes_a_commission_or_its_return_reverses_it(services: Services) -> None:
    followed = await follow()
    await followed.act("pay")
    await earn(followed.referral, 6000, DUE)
    await mature((await followed.rows())[0].due_at)

    await asyncio.gather(_attach(followed), followed.act("take third"))

    rows = (await followed.rows())[:1] + (await followed.rows())[2:]
    assert [row.amount for row in rows] == [242, -84]
    assert {row.status for row in rows} == {"DUE"}
    assert rows[0].payout_id is not None


async def test_staff_freeze_a_commission_also_while_it_is_being_earned(services: Services) -> None:
    followed = await follow()

    await asyncio.gather(
        followed.act("pay"), hold_commissions(followed.referral.id, "the same household")
    )

    assert await followed.statuses() == ["HELD"]
    assert await mature(business_now()) == 0


async def _attach(followed: Followed) -> None:
    async with db.transaction():
        due = await lock_due(followed.affiliate.id)
        await attach_due(due, await put_payout(followed.affiliate.id, due.amount))
