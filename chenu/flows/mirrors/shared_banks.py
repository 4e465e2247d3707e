"""People who are paid to one bank account, compared whenever somebody's changes.

A customer who is paid where the affiliate is paid is the affiliate; two customers of one affiliate
are of one household, which staff look at. docs/decisions/0070.
"""

from chenu.accounts.actor import UserId
from chenu.affiliates.fraud_rules import HoldReason
from chenu.affiliates.held_commissions import hold_commissions, refuse_as_own
from chenu.affiliates.model import ReferralReason
from chenu.affiliates.referrals import list_referrals_beside, list_referrals_between
from chenu.billing.connect_accounts import list_sharing_bank


async def compare_banks(person: UserId) -> None:
    """In the caller's transaction, after the person's bank account changed."""
    others = await list_sharing_bank(person)
    if not others:
        return
    for referral in await list_referrals_between(person, others):
        await refuse_as_own(referral.id, ReferralReason.SAME_BANK)
    for referral in await list_referrals_beside(person, others):
        await hold_commissions(referral.id, HoldReason.SHARED_BANK)
