"""Signals of fraud: what holds a new referral at once, and what staff are shown.

Rules are in chenu/affiliates/fraud_rules.py. docs/decisions/0069.
"""

from collections.abc import Sequence

import msgspec

from chenu.accounts.actor import UserId
from chenu.accounts.networks import list_session_addresses
from chenu.accounts.users import list_users
from chenu.affiliates.affiliates import count_affiliates_among, get_affiliate
from chenu.affiliates.click_peaks import get_click_peaks, shares_visitor
from chenu.affiliates.fraud_rules import (
    WATCHED,
    ClickPeaks,
    FraudSignal,
    HoldReason,
    find_household,
    is_disposable,
)
from chenu.affiliates.held_commissions import hold_commissions
from chenu.affiliates.model import AffiliateId, ReferralReason, ReferralState
from chenu.affiliates.referral_states import ReferralCount, list_bound_people
from chenu.affiliates.referrals import ReferralRow
from chenu.billing.connect_accounts import list_sharing_bank
from chenu.core.clock import business_now
from chenu.core.email_address import mailbox_of

_ONESELF = set(ReferralReason) - {ReferralReason.EXISTING_CUSTOMER}
_SIGNAL_OF: dict[str, FraudSignal] = {
    HoldReason.DISPOSABLE_MAIL: FraudSignal.DISPOSABLE_MAIL,
    HoldReason.SAME_HOUSEHOLD: FraudSignal.SAME_HOUSEHOLD,
    HoldReason.DUPLICATE_ACCOUNT: FraudSignal.DUPLICATE_ACCOUNT,
    HoldReason.SHARED_BANK: FraudSignal.SHARED_BANK,
}


class FoundSignal(msgspec.Struct, frozen=True):
    """How often it was found: customers, or clicks."""

    signal: FraudSignal
    times: int


async def watch_referral(referral: ReferralRow, email: str, ip: str) -> HoldReason | None:
    """Holds a new referral that a rule speaks against, in the transaction that bound it.

    `ip` is compared with where others are signed in, and not stored.
    """
    if referral.state is not ReferralState.BOUND:
        return None
    reason = await _find_reason(referral, email, ip)
    if reason is not None:
        await hold_commissions(referral.id, reason)
    return reason


async def _find_reason(referral: ReferralRow, email: str, ip: str) -> HoldReason | None:
    if is_disposable(email):
        return HoldReason.DISPOSABLE_MAIL
    bound = await list_bound_people(referral.affiliate_id)
    others = [person for person in bound if person != referral.member]
    mailboxes = {mailbox_of(person.email) for person in await list_users(others)}
    if mailbox_of(email) in mailboxes:
        return HoldReason.DUPLICATE_ACCOUNT
    affiliate = await get_affiliate(referral.affiliate_id)
    is_near = await _live_together(ip, [affiliate.member, *others])
    if is_near or await shares_visitor(referral.id):
        return HoldReason.SAME_HOUSEHOLD
    return None


async def _live_together(ip: str, people: Sequence[UserId]) -> bool:
    household = find_household(ip)
    if household is None:
        return False
    return household in map(find_household, await list_session_addresses(people))


async def find_signals(
    affiliate_id: AffiliateId, counts: Sequence[ReferralCount]
) -> list[FoundSignal]:
    """Of the affiliate's referrals, clicks and bank account; empty if nothing is odd."""
    peaks = await get_click_peaks(affiliate_id, business_now() - WATCHED)
    affiliate = await get_affiliate(affiliate_id)
    paid_alike = await count_affiliates_among(await list_sharing_bank(affiliate.member))
    return read_signals(counts, peaks, paid_alike)


def read_signals(
    counts: Sequence[ReferralCount], peaks: ClickPeaks, paid_alike: int = 0
) -> list[FoundSignal]:
    """`paid_alike`: other affiliates who are paid to the same bank account."""
    found = dict.fromkeys(FraudSignal, 0)
    for each in counts:
        signal = _find_signal(each)
        if signal is not None:
            found[signal] += each.referrals
    found[FraudSignal.OTHER_AFFILIATE] = paid_alike
    found[FraudSignal.CLICK_BURST] = peaks.in_hour if peaks.is_burst else 0
    found[FraudSignal.EAGER_VISITOR] = peaks.of_visitor if peaks.has_eager_visitor else 0
    return [FoundSignal(signal, times) for signal, times in found.items() if times]


def _find_signal(count: ReferralCount) -> FraudSignal | None:
    """None for words of staff, and for an existing customer, which is no fraud."""
    if count.reason in _ONESELF:
        return FraudSignal.SELF_REFERRAL
    return _SIGNAL_OF.get(count.reason)
