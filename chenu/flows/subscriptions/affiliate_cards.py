"""A customer who pays with the affiliate's own card is the affiliate: nothing is earned with them.

The cards of one's own plans are compared whenever Stripe tells of the customer's plan or card. What
such a customer brought before is frozen. docs/decisions/0065.
"""

from chenu.accounts.customers import list_owned_accounts
from chenu.affiliates.affiliates import get_affiliate
from chenu.affiliates.held_commissions import hold_commissions
from chenu.affiliates.model import AffiliateId, ReferralId, ReferralReason, ReferralState
from chenu.affiliates.referrals import find_referral_of, refuse_referral
from chenu.billing.recurring import SubscriptionKind
from chenu.billing.subscriptions import find_subscription_by_stripe_id, list_live_subscriptions
from chenu.billing.trials import was_trial_card_of
from chenu.core import db
from chenu.flows.services import Services

_PLANS = (SubscriptionKind.TIER, SubscriptionKind.API_PLAN)


async def check_affiliate_card(services: Services, subscription_id: str) -> None:
    """Refuses the referral of a plan that is paid with a card of its affiliate.

    Raises OutcomeUnknown, StripeRefusal.
    """
    plan = await find_subscription_by_stripe_id(subscription_id)
    if plan is None or plan.kind not in _PLANS or not plan.is_live:
        return
    referral = await find_referral_of(plan.account_id)
    if referral is None or referral.state is ReferralState.REFUSED:
        return
    card = await services.cards.find_card(subscription_id)
    if card is None or card.fingerprint is None:
        return
    if await _is_card_of(services, referral.affiliate_id, card.fingerprint):
        await _refuse(referral.id)


async def _is_card_of(services: Services, affiliate_id: AffiliateId, fingerprint: str) -> bool:
    """Of a plan that the affiliate has, or of a trial that they had."""
    affiliate = await get_affiliate(affiliate_id)
    account_ids = await list_owned_accounts(affiliate.member)
    if await was_trial_card_of(fingerprint, account_ids):
        return True
    for account_id in account_ids:
        for kind in _PLANS:
            for plan in await list_live_subscriptions(account_id, kind):
                own = await services.cards.find_card(plan.stripe_subscription_id)
                if own is not None and own.fingerprint == fingerprint:
                    return True
    return False


@db.transactional
async def _refuse(referral_id: ReferralId) -> None:
    await hold_commissions(referral_id, ReferralReason.SAME_CARD)
    await refuse_referral(referral_id, ReferralReason.SAME_CARD)
