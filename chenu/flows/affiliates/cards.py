"""A customer who pays with the affiliate's own card is the affiliate: nothing is earned."""

from chenu.accounts.actor import AccountId
from chenu.accounts.queries import get_personal_account
from chenu.affiliates.affiliates import get_affiliate
from chenu.affiliates.model import ReferralReason, ReferralState
from chenu.affiliates.referrals import find_referral_of, refuse_referral
from chenu.billing.trials import has_trial_card


async def check_card(account_id: AccountId, fingerprint: str) -> None:
    """Refuses the referral if the card was in a plan of the affiliate's own account."""
    referral = await find_referral_of(account_id)
    if referral is None or referral.state == ReferralState.REFUSED:
        return
    affiliate = await get_affiliate(referral.affiliate_id)
    own_account = await get_personal_account(affiliate.member)
    if await has_trial_card(own_account, fingerprint):
        await refuse_referral(referral.id, ReferralReason.SAME_CARD)
