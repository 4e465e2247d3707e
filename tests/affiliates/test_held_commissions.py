"""What staff freeze is neither due nor paid, and comes back as its time says."""

from chenu.affiliates.commissions import (
    CommissionRow,
    attach_due,
    list_commissions_by_id,
    lock_due,
    mature,
)
from chenu.affiliates.held_commissions import (
    hold_commissions,
    release_commissions,
    release_of_affiliate,
)
from chenu.affiliates.model import AffiliateStatus, CommissionStatus, ReferralState
from chenu.affiliates.referrals import ReferralRow, get_referral
from chenu.core import db
from chenu.core.clock import business_now
from chenu.flows.services import Services
from tests.affiliates.earned import DUE, PENDING, earn
from tests.affiliates.test_commissions import make_referral, put_payout
from tests.rows import put

HELD = CommissionStatus.HELD


async def statuses(*rows: CommissionRow) -> list[CommissionStatus]:
    stored = {row.id: row.status for row in await list_commissions_by_id([row.id for row in rows])}
    return [stored[row.id] for row in rows]


async def test_what_is_frozen_waits_and_comes_back_as_its_time_says(services: Services) -> None:
    referral = await make_referral()
    pending, due = await earn(referral, 290), await earn(referral, 90, DUE, days=-1)

    held = await hold_commissions(referral.id, "one household")
    matured = await mature(pending.due_at)
    frozen = await statuses(pending, due)
    state = await get_referral(referral.id)
    released = await release_commissions(referral.id)

    assert (held, matured, released) == (2, 0, 2)
    assert frozen == [HELD, HELD]
    assert (state.state, state.reason) == (ReferralState.HELD, "one household")
    assert await statuses(pending, due) == [PENDING, DUE]
    assert (await get_referral(referral.id)).state is ReferralState.BOUND


async def test_what_is_in_a_payout_is_not_frozen_and_its_clawback_stays_owed(
    services: Services,
) -> None:
    referral = await make_referral()
    sold = await earn(referral, 6000, DUE)
    async with db.transaction():
        due = await lock_due(referral.affiliate_id)
        await attach_due(due, await put_payout(referral.affiliate_id, due.amount))
    owed = await earn(referral, -6000, DUE, of=sold)

    assert await hold_commissions(referral.id, "a burst of clicks") == 0
    assert await statuses(sold, owed) == [DUE, DUE]


async def test_a_refused_referral_stays_refused(services: Services) -> None:
    referral = await make_referral()
    await put("referral", "state", ReferralState.REFUSED, "id = $2", referral.id)

    await hold_commissions(referral.id, "again")
    await release_commissions(referral.id)

    assert (await get_referral(referral.id)).state is ReferralState.REFUSED


async def test_the_end_of_a_suspension_releases_all_but_held_referrals(services: Services) -> None:
    referral = await make_referral()
    row = await _freeze(referral)
    await put("affiliate", "status", AffiliateStatus.SUSPENDED)
    while_suspended = await release_commissions(referral.id)
    await put("affiliate", "status", AffiliateStatus.ACTIVE)

    assert while_suspended == 0
    assert await release_of_affiliate(referral.affiliate_id) == 1
    assert await statuses(row) == [PENDING]

    await hold_commissions(referral.id, "disposable mail")

    assert await release_of_affiliate(referral.affiliate_id) == 0


async def _freeze(referral: ReferralRow) -> CommissionRow:
    row = await earn(referral, 290, HELD)
    await put("commission", "held_at", business_now(), "id = $2", row.id)
    return row
