"""Staff hold what one customer brings an affiliate, and release it."""

from chenu.accounts.actor import Actor
from chenu.accounts.staff_acts import StaffAct, record_staff_act
from chenu.affiliates.held_commissions import hold_commissions, release_commissions
from chenu.affiliates.model import ReferralId, ReferralState
from chenu.affiliates.referral_states import lock_referral
from chenu.affiliates.referrals import ReferralRow, get_referral
from chenu.core import db
from chenu.core.errors import InvalidState
from chenu.core.text import tidy
from chenu.flows.affiliates.standing import lock_for_staff


@db.transactional
async def hold_referral(actor: Actor, referral_id: ReferralId, reason: str) -> None:
    """What is not paid of it is frozen, and so is what comes. Raises Forbidden, NotFound, Invalid,
    InvalidState.
    """
    referral = await _lock(actor, referral_id, reason)
    if referral.state is not ReferralState.BOUND:
        raise InvalidState("This referral is held or refused already")
    await hold_commissions(referral.id, tidy(reason))
    await record_staff_act(actor, StaffAct.REFERRAL_HOLD, referral.id, reason)


@db.transactional
async def release_referral(actor: Actor, referral_id: ReferralId, reason: str) -> None:
    """Raises as `hold_referral`: one that a rule refused stays refused."""
    referral = await _lock(actor, referral_id, reason)
    if referral.state is not ReferralState.HELD:
        raise InvalidState("This referral is not held")
    await release_commissions(referral.id)
    act = StaffAct.REFERRAL_RELEASE
    await record_staff_act(actor, act, referral.id, reason, before=referral.reason)


async def _lock(actor: Actor, referral_id: ReferralId, reason: str) -> ReferralRow:
    """The affiliate first, as everybody who locks both."""
    await lock_for_staff(actor, (await get_referral(referral_id)).affiliate_id, reason)
    return await lock_referral(referral_id)
