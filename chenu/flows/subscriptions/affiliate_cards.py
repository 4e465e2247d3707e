"""A customer who pays with the affiliate's own card is the affiliate: nothing is earned with them.

Whenever Stripe tells of a plan or its card, that card is compared: a customer's with those of their
affiliate, an affiliate's with those of their customers. What such a customer brought before is
frozen. docs/decisions/0065, 0070.
"""

from chenu.accounts.actor import AccountId
from chenu.accounts.customers import list_owned_accounts
from chenu.accounts.queries import find_account
from chenu.affiliates.affiliates import AffiliateRow, find_affiliate_of, get_affiliate
from chenu.affiliates.held_commissions import refuse_as_own
from chenu.affiliates.model import AffiliateId, ReferralReason, ReferralState
from chenu.affiliates.referral_cards import list_paid_with, record_referral_card
from chenu.affiliates.referrals import ReferralRow, find_referral_of
from chenu.billing.fingerprints import hash_fingerprint
from chenu.billing.recurring import SubscriptionKind
from chenu.billing.subscriptions import find_subscription_by_stripe_id, list_live_subscriptions
from chenu.billing.trials import was_trial_card_of
from chenu.flows.services import Services

_PLANS = (SubscriptionKind.TIER, SubscriptionKind.API_PLAN)


async def check_affiliate_card(services: Services, subscription_id: str) -> None:
    """Refuses each referral between the one who pays this plan and whoever has paid with its card.

    Raises OutcomeUnknown, StripeRefusal.
    """
    plan = await find_subscription_by_stripe_id(subscription_id)
    if plan is None or plan.kind not in _PLANS or not plan.is_live:
        return
    referral = await _find_counted(plan.account_id)
    affiliate = await _find_affiliate(plan.account_id)
    if referral is None and affiliate is None:
        return
    card = await services.cards.find_card(subscription_id)
    if card is None or card.fingerprint is None:
        return
    if affiliate is not None:
        await _compare_with_customers(affiliate.id, card.fingerprint)
    if referral is not None:
        await _compare_with_affiliate(services, referral, card.fingerprint)


async def _find_counted(account_id: AccountId) -> ReferralRow | None:
    """As whose customer the account counts, or is held."""
    found = await find_referral_of(account_id)
    return None if found is None or found.state is ReferralState.REFUSED else found


async def _find_affiliate(account_id: AccountId) -> AffiliateRow | None:
    """Whose own account it is."""
    account = await find_account(account_id)
    return None if account is None else await find_affiliate_of(account.owner_id)


async def _compare_with_customers(affiliate_id: AffiliateId, fingerprint: str) -> None:
    for referral_id in await list_paid_with(affiliate_id, hash_fingerprint(fingerprint)):
        await refuse_as_own(referral_id, ReferralReason.SAME_CARD)


async def _compare_with_affiliate(
    services: Services, referral: ReferralRow, fingerprint: str
) -> None:
    await record_referral_card(referral.id, hash_fingerprint(fingerprint))
    if await _is_card_of(services, referral.affiliate_id, fingerprint):
        await refuse_as_own(referral.id, ReferralReason.SAME_CARD)


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
