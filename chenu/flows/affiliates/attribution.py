"""Staff bind a customer to an affiliate by hand, for invoices that are paid from then on."""

from uuid import UUID

from chenu.accounts.actor import AccountId, Actor
from chenu.accounts.queries import Account, find_account, is_member, list_accounts_of_member
from chenu.accounts.staff_acts import StaffAct, record_staff_act
from chenu.accounts.users import get_user
from chenu.affiliates.affiliates import AffiliateRow
from chenu.affiliates.model import AffiliateId, ReferralId, ReferralOrigin, ReferralState
from chenu.affiliates.referrals import ReferralRow, insert_referral
from chenu.billing.connect_accounts import list_sharing_bank
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.email_address import mailbox_of
from chenu.core.errors import Invalid, InvalidState
from chenu.core.i18n import mark
from chenu.core.ids import new_id
from chenu.flows.affiliates.standing import lock_for_staff

_UNKNOWN = mark("No account has this id, and nobody has one with this e-mail address")
_ONESELF = mark("An affiliate earns nothing with an account of their own: choose another account")
_OWN_ACCOUNT = mark("You belong to this account: another colleague decides about it")
_BOUND = mark(
    "This account was bound at its sign-up, or its binding was refused: once for ever, so choose "
    "another account"
)


@db.transactional
async def attribute_account(
    actor: Actor, affiliate_id: AffiliateId, customer: str, reason: str
) -> ReferralId:
    """`customer` is an account's id or the e-mail address of its owner.

    Raises Forbidden, NotFound, Invalid, InvalidState.
    """
    affiliate = await lock_for_staff(actor, affiliate_id, reason)
    if not affiliate.is_active:
        raise InvalidState("This affiliate is suspended: reinstate them first")
    account = await _find_customer(customer.strip())
    await _check_apart(actor, affiliate, account)
    row = _make(affiliate, account)
    if not await insert_referral(row):
        raise Invalid(_BOUND, path=("customer",))
    act, after = StaffAct.REFERRAL_ATTRIBUTE, str(account.id)
    await record_staff_act(actor, act, affiliate.id, reason, after=after)
    return row.id


async def _find_customer(customer: str) -> Account:
    """Raises Invalid."""
    account = await _find_by_id(customer) or await _find_by_address(customer)
    if account is None:
        raise Invalid(_UNKNOWN, path=("customer",))
    return account


async def _find_by_id(text: str) -> Account | None:
    try:
        return await find_account(AccountId(UUID(text)))
    except ValueError:
        return None


async def _find_by_address(email: str) -> Account | None:
    """The person's own account, which comes first."""
    found = await list_accounts_of_member(email)
    return found[0] if found else None


async def _check_apart(actor: Actor, affiliate: AffiliateRow, account: Account) -> None:
    """Raises Invalid, InvalidState."""
    owner, own = await get_user(account.owner_id), await get_user(affiliate.member)
    is_own = mailbox_of(owner.email) == mailbox_of(own.email)
    is_own = is_own or owner.id in await list_sharing_bank(own.id)
    if is_own or await is_member(account.id, affiliate.member):
        raise Invalid(_ONESELF, path=("customer",))
    if await is_member(account.id, actor.require_user()):
        raise InvalidState(_OWN_ACCOUNT)


def _make(affiliate: AffiliateRow, account: Account) -> ReferralRow:
    return ReferralRow(
        id=ReferralId(new_id()),
        affiliate_id=affiliate.id,
        account_id=account.id,
        member=account.owner_id,
        origin=ReferralOrigin.MANUAL,
        state=ReferralState.BOUND,
        reason="",
        click=None,
        clicked_at=None,
        bound_at=business_now(),
    )
