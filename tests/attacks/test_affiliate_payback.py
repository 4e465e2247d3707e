"""A12: what was earned and goes back, what was bound late, and what staff must not do."""

from datetime import timedelta

import pytest

from chenu.accounts.actor import AccountRole, ApiScope, Staff
from chenu.affiliates.commissions import (
    attach_due,
    get_commission_sums,
    lock_due,
    mark_commissions_paid,
)
from chenu.affiliates.model import MINIMUM_PAYOUT, ReferralState
from chenu.affiliates.referrals import find_referral_of, get_referral
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.errors import Invalid, InvalidState
from chenu.flows.affiliates.attribution import attribute_account
from chenu.flows.affiliates.held_referrals import hold_referral, release_referral
from chenu.flows.services import Services
from tests.affiliates.bound import bind, make_affiliate
from tests.affiliates.following import COMMISSION, Followed, follow
from tests.affiliates.test_commissions import put_payout
from tests.people import Person, make_member, make_person
from tests.rows import put

pytestmark = pytest.mark.usefixtures("services")


async def _pay_out(followed: Followed) -> None:
    """All, as a monthly run does."""
    await put("commission", "status", "DUE")

    async def attach() -> None:
        due = await lock_due(followed.affiliate.id)
        payout = await put_payout(followed.affiliate.id, MINIMUM_PAYOUT)
        await attach_due(due, payout)
        await mark_commissions_paid(payout)

    await db.run_in_transaction(attach)


@pytest.mark.parametrize("story", ["refund", "dispute"])
async def test_what_goes_back_after_the_payout_is_taken_back(
    services: Services, story: str
) -> None:
    followed = await follow()
    await followed.act("pay")
    await _pay_out(followed)

    for place, amount in (("first", 1000), ("second", 900), ("third", 1000)):
        word = f"refund {place} {amount}" if story == "refund" else f"take {place}"
        await followed.act(word)

    sums = await get_commission_sums(followed.affiliate.id)
    assert (sums.paid, sums.due) == (COMMISSION, -COMMISSION)


async def test_a_hold_after_the_payout_does_not_hide_what_is_owed_to_us(
    services: Services,
) -> None:
    followed = await follow()
    finance = await make_person("finance", staff=(Staff.FINANCE,))
    await followed.act("pay")
    await _pay_out(followed)
    await followed.act("refund first 1000")

    await hold_referral(finance.actor, followed.referral.id, "Same flat.")

    sums = await get_commission_sums(followed.affiliate.id)
    assert sums.due < 0
    assert sums.held == 0


async def test_what_was_paid_before_a_late_binding_earns_nothing(services: Services) -> None:
    followed = await follow()
    await put("referral", "origin", "MANUAL")
    await put("referral", "bound_at", business_now() + timedelta(hours=1))

    await followed.act("pay")

    assert await followed.rows() == []


async def test_nobody_is_bound_a_second_time(services: Services) -> None:
    finance = await make_person("finance", staff=(Staff.FINANCE,))
    followed = await follow()
    other = await make_affiliate(await make_person("other"))

    with pytest.raises(Invalid):
        await attribute_account(finance.actor, other.id, followed.customer.email, "Asked.")

    account_id = followed.customer.actor.require_account(ApiScope.READ)
    found = await find_referral_of(account_id)
    assert found == followed.referral


async def _company_of(owner: Person, member: str) -> Person:
    """Somebody in the owner's account."""
    await put("account", "seats", 5, "id = $2", owner.actor.account_id)
    return await make_member(owner, member, AccountRole.MEMBER)


@pytest.mark.parametrize("customer", ["theo@example.org", "theo+2@example.org", "firm@example.org"])
async def test_staff_bind_nobody_to_themselves(services: Services, customer: str) -> None:
    """By their own address, another one of it, and a company that they are in."""
    finance = await make_person("finance", staff=(Staff.FINANCE,))
    theo = await _company_of(await make_person("firm"), "theo")
    await make_person("theo+2")
    affiliate = await make_affiliate(theo)

    with pytest.raises(Invalid, match="of their own"):
        await attribute_account(finance.actor, affiliate.id, customer, "Asked.")


async def test_staff_earn_nothing_by_their_own_acts(services: Services) -> None:
    finance = await make_person("finance", staff=(Staff.FINANCE,))
    own = await make_affiliate(finance)
    held = await bind(await make_person("zoe"), own, ReferralState.HELD)

    with pytest.raises(InvalidState):
        await attribute_account(finance.actor, own.id, "zoe@example.org", "Asked.")
    with pytest.raises(InvalidState):
        await release_referral(finance.actor, held.id, "Fine.")

    assert (await get_referral(held.id)).state is ReferralState.HELD


async def test_a_refusal_is_not_released(services: Services) -> None:
    finance = await make_person("finance", staff=(Staff.FINANCE,))
    followed = await follow(ReferralState.REFUSED)

    with pytest.raises(InvalidState):
        await release_referral(finance.actor, followed.referral.id, "Fine.")
    await followed.act("pay")

    assert await followed.rows() == []
