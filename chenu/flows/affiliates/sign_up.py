"""Signing up, bound to the affiliate whose link or code brought the person.

The last click within 90 days wins, else the code in the form. A binding is made once, here, and
never to oneself: a refused one is stored with its reason, so that staff see it and nothing is
earned. An unknown code stops nobody. docs/decisions/0065.
"""

from datetime import datetime

import msgspec

from chenu.accounts.actor import Actor, UserId
from chenu.accounts.devices import find_device
from chenu.accounts.password_store import Credentials, get_password_hash
from chenu.accounts.queries import get_personal_account
from chenu.accounts.sessions import NewSession, is_session_open
from chenu.accounts.users import Browser, SignUp, User, get_user, sign_up
from chenu.affiliates.affiliates import (
    AffiliateRow,
    find_affiliate_by_code,
    find_affiliate_of,
    get_affiliate,
)
from chenu.affiliates.click_tokens import read_click
from chenu.affiliates.clicks import Click, find_click
from chenu.affiliates.codes import find_code
from chenu.affiliates.errors import SelfReferral
from chenu.affiliates.model import (
    ATTRIBUTION,
    ReferralId,
    ReferralOrigin,
    ReferralReason,
    ReferralState,
)
from chenu.affiliates.referrals import ReferralRow, insert_referral
from chenu.billing.trials import has_used_trial
from chenu.core.clock import business_now
from chenu.core.email_address import mailbox_of
from chenu.core.ids import new_id
from chenu.flows.affiliates.signals import watch_referral
from chenu.settings import Settings


class _Source(msgspec.Struct, frozen=True):
    """What brought the person; `click` is None for a code in the form."""

    affiliate: AffiliateRow
    click: Click | None = None

    @property
    def clicked_at(self) -> datetime | None:
        return None if self.click is None else self.click.clicked_at


async def sign_up_customer(settings: Settings, person: SignUp, browser: Browser) -> NewSession:
    """As `sign_up`; what it raises, this raises."""

    async def bind(user_id: UserId) -> None:
        source = await _find_source(settings, person.referral_code, browser)
        if source is not None:
            await _bind(await get_user(user_id), source, browser)

    return await sign_up(person, browser, verify_at_once=settings.verifies_at_once, bind=bind)


async def refuse_own_code(actor: Actor, code: str | None) -> None:
    """Raises SelfReferral for a signed-in affiliate's own code."""
    if actor.user_id is None or (stored := find_code(code)) is None:
        return
    own = await find_affiliate_of(actor.user_id)
    if own is not None and own.code == stored:
        raise SelfReferral(path=("referral_code",))


async def _find_source(settings: Settings, code: str | None, browser: Browser) -> _Source | None:
    link = read_click(browser.followed_link, settings.secret)
    click = None if link is None else await find_click(link.click)
    if click is not None and business_now() - click.clicked_at < ATTRIBUTION:
        affiliate = await get_affiliate(click.affiliate_id)
        if affiliate.is_active:
            return _Source(affiliate, click)
    stored = find_code(code)
    named = None if stored is None else await find_affiliate_by_code(stored)
    return None if named is None or not named.is_active else _Source(named)


async def _bind(customer: User, source: _Source, browser: Browser) -> None:
    reason = await _find_reason(customer, source.affiliate, browser)
    row = ReferralRow(
        id=ReferralId(new_id()),
        affiliate_id=source.affiliate.id,
        account_id=await get_personal_account(customer.id),
        member=customer.id,
        origin=ReferralOrigin.CODE if source.click is None else ReferralOrigin.LINK,
        state=ReferralState.BOUND if reason is None else ReferralState.REFUSED,
        reason=reason or "",
        click=None if source.click is None else source.click.id,
        clicked_at=source.clicked_at,
        bound_at=business_now(),
    )
    await insert_referral(row)
    await watch_referral(row, customer.email, browser.ip)


async def _find_reason(
    customer: User, affiliate: AffiliateRow, browser: Browser
) -> ReferralReason | None:
    """Why nothing may be earned with this customer."""
    owner = await get_user(affiliate.member)
    if mailbox_of(owner.email) == mailbox_of(customer.email):
        return ReferralReason.SAME_MAILBOX
    known = Credentials(owner.id, await get_password_hash(owner.id))
    if await find_device(known, browser.devices, browser.session_token) is not None:
        return ReferralReason.OWN_BROWSER
    if await is_session_open(browser.session_token) or await has_used_trial(customer.email):
        return ReferralReason.EXISTING_CUSTOMER
    return None
