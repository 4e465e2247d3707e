"""Staff suspend an affiliate, and reinstate one. docs/operations.md, "Affiliates"."""

from chenu.accounts.actor import Actor, Staff
from chenu.accounts.staff_acts import StaffAct, check_reason, record_staff_act
from chenu.accounts.users import get_user
from chenu.affiliates.affiliates import AffiliateRow
from chenu.affiliates.held_commissions import hold_of_affiliate, release_of_affiliate
from chenu.affiliates.model import AffiliateId, AffiliateStatus
from chenu.affiliates.standing import lock_affiliate, set_standing
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.errors import InvalidState, reject_if_any
from chenu.core.i18n import mark
from chenu.core.mail import MailKind, queue_mail
from chenu.core.text import tidy

_OWN = mark("This is your own part in the programme: another colleague decides about it")


@db.transactional
async def suspend_affiliate(actor: Actor, affiliate_id: AffiliateId, reason: str) -> None:
    """The links do not count meanwhile, and what is not paid is held; the affiliate has a mail.

    Raises Forbidden, NotFound, Invalid, InvalidState.
    """
    affiliate = await lock_for_staff(actor, affiliate_id, reason)
    if not affiliate.is_active:
        raise InvalidState("This affiliate is suspended already")
    await set_standing(affiliate.id, AffiliateStatus.SUSPENDED, tidy(reason))
    await hold_of_affiliate(affiliate.id)
    await record_staff_act(actor, StaffAct.AFFILIATE_SUSPEND, affiliate.id, reason)
    await _mail(MailKind.AFFILIATE_SUSPENDED, affiliate, reason)


@db.transactional
async def reinstate_affiliate(actor: Actor, affiliate_id: AffiliateId, reason: str) -> None:
    """As before, but for referrals that are held themselves. Raises as `suspend_affiliate`."""
    affiliate = await lock_for_staff(actor, affiliate_id, reason)
    if affiliate.is_active:
        raise InvalidState("This affiliate is not suspended")
    await set_standing(affiliate.id, AffiliateStatus.ACTIVE, "")
    await release_of_affiliate(affiliate.id)
    await record_staff_act(actor, StaffAct.AFFILIATE_REINSTATE, affiliate.id, reason)
    await _mail(MailKind.AFFILIATE_REINSTATED, affiliate, reason)


async def lock_for_staff(actor: Actor, affiliate_id: AffiliateId, reason: str) -> AffiliateRow:
    """In the caller's transaction. Raises Forbidden, NotFound, Invalid, InvalidState."""
    user_id = actor.require_staff(Staff.FINANCE)
    reject_if_any(check_reason(reason))
    affiliate = await lock_affiliate(affiliate_id)
    if affiliate.member == user_id:
        raise InvalidState(_OWN)
    return affiliate


async def _mail(kind: MailKind, affiliate: AffiliateRow, reason: str) -> None:
    person = await get_user(affiliate.member)
    params = {"name": person.mail_name, "code": affiliate.code, "reason": tidy(reason)}
    key = f"{kind.lower()}:{affiliate.id}:{business_now().isoformat()}"
    await queue_mail(kind, person.email, person.locale, key, params)
