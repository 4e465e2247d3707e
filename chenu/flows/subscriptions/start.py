"""Starting a plan: what is offered is checked and frozen, then the payment page is opened.

Nothing is charged here; what a completed page changes stands in mirror.py. docs/money.md.
"""

import msgspec

from chenu.accounts import idempotency
from chenu.accounts.actor import AccountId, Actor, UserId
from chenu.accounts.customers import get_billed_person, list_accounts_of_owner
from chenu.accounts.idempotency import ClientKey
from chenu.accounts.roles import Right
from chenu.billing.coupon_redemptions import find_coupon_of_order, reserve
from chenu.billing.coupon_rules import normalise_code
from chenu.billing.coupons import CouponRow
from chenu.billing.recurring import BillingInterval, SubscriptionKind
from chenu.billing.subscription_orders import (
    OrderId,
    OrderRow,
    find_pending_order,
    get_order,
    insert_order,
)
from chenu.billing.subscriptions import list_live_subscriptions
from chenu.billing.trials import has_trial_behind, has_used_trial
from chenu.core import db
from chenu.core.crash_points import crash_point
from chenu.core.errors import InvalidState, reject_if_any
from chenu.core.i18n import Locale
from chenu.core.money import Cents
from chenu.flows.coupons.codes import TypedCode, find_typed_coupon
from chenu.flows.services import Services
from chenu.flows.subscriptions.mirror import lock_subscriptions
from chenu.flows.subscriptions.orders import (
    HAS_PLAN,
    FoundOrder,
    OrderTerms,
    ReturnUrls,
    check_return_urls,
    claim_order,
    make_order,
    open_page,
)
from chenu.flows.subscriptions.plans import price_of
from chenu.tiers.catalogue import TierCode, get_tier

COUPON_CODE = ("coupon_code",)
"""The field where a code is typed."""


class StartInput(msgspec.Struct, frozen=True):
    """`trial` False: pay from the first day, although a trial may be due.

    `starts_now`: the buyer asks for it to begin before the 14 days of withdrawal are over, and pays
    for the days that were used (withdrawal_terms.py).
    """

    tier: TierCode
    interval: BillingInterval
    locale: Locale
    trial: bool = True
    starts_now: bool = False
    coupon_code: str | None = None
    success_url: str | None = None
    cancel_url: str | None = None


class PlanOffer(msgspec.Struct, frozen=True):
    """What an account would get now: a trial only if its owner has had none."""

    price: Cents
    trial_days: int


async def find_offer(
    account_id: AccountId, tier: TierCode, interval: BillingInterval, *, trial: bool
) -> PlanOffer:
    """Raises Invalid for a plan that is not sold here."""
    price = price_of(tier, interval)
    is_due = trial and await is_trial_due(account_id)
    return PlanOffer(price, get_tier(tier).trial_days if is_due else 0)


async def is_trial_due(account_id: AccountId) -> bool:
    """Whether the account's owner has had no trial yet."""
    owner = await get_billed_person(account_id)
    if await has_used_trial(owner.email):
        return False
    return not await has_trial_behind(await list_accounts_of_owner(account_id))


async def start_subscription(
    services: Services, actor: Actor, request: StartInput, idempotency_key: str
) -> OrderRow:
    """The order with its payment page; a second request finds it.

    Raises InvalidState when there is a live plan; ProviderUnavailable when Stripe is away, with the
    order pending and nothing charged.
    """
    account_id, user_id = actor.require_right(Right.MANAGE_PLAN), actor.require_user()
    actor.require_verified()
    if actor.tier is TierCode.ENTERPRISE:  # a contract, which no subscription replaces
        raise InvalidState(HAS_PLAN)
    urls = ReturnUrls(request.success_url, request.cancel_url)
    reject_if_any(check_return_urls(services, urls))
    key = idempotency.client_key(account_id, idempotency_key, "subscriptionStart", request)
    coupon = await _find_coupon(actor, request, key)
    crash_point("subscription.before_intent")
    order = await claim_order(services, lambda: _claim(user_id, request, key, coupon))
    crash_point("subscription.after_intent")
    if order.is_pending:
        order = await open_page(services, order, urls, request.locale)
    crash_point("subscription.before_answer")
    return order


async def _find_coupon(actor: Actor, request: StartInput, key: ClientKey) -> CouponRow | None:
    """Checked before anything changes; not again for a key that is known.

    Raises Invalid, CouponRejected, RateLimited.
    """
    if request.coupon_code is None:
        return None
    async with db.transaction():
        if await idempotency.find_result(key) is not None:
            return None
    price_of(request.tier, request.interval)
    typed = TypedCode(request.coupon_code, COUPON_CODE)
    return await find_typed_coupon(actor, typed, request.tier, request.interval)


@db.transactional
async def _claim(
    user_id: UserId, request: StartInput, key: ClientKey, coupon: CouponRow | None
) -> FoundOrder:
    """One transaction: the order of this key's first use, the open one, or a new one.

    A new one reserves its coupon.
    """
    account_id = key.account_id
    known = await idempotency.find_result(key)
    if known is not None:
        return FoundOrder(await get_order(OrderId(known)), is_claimed=True)
    await lock_subscriptions(account_id, SubscriptionKind.TIER)
    if await list_live_subscriptions(account_id, SubscriptionKind.TIER):
        raise InvalidState(HAS_PLAN)
    terms = await _find_terms(account_id, request)
    order = await find_pending_order(account_id, SubscriptionKind.TIER)
    if order is not None and not await _is_same(order, request, terms):
        return FoundOrder(order, is_claimed=False)
    if order is None:
        order = make_order(account_id, user_id, terms)
        await insert_order(order)
        if coupon is not None:
            await reserve(coupon.id, account_id, order.id, COUPON_CODE)
    await idempotency.remember_result(key, order.id)
    return FoundOrder(order, is_claimed=True)


async def _find_terms(account_id: AccountId, request: StartInput) -> OrderTerms:
    offer = await find_offer(account_id, request.tier, request.interval, trial=request.trial)
    return OrderTerms(
        SubscriptionKind.TIER,
        request.tier,
        request.interval,
        offer.price,
        offer.trial_days,
        request.starts_now,
    )


async def _is_same(order: OrderRow, request: StartInput, terms: OrderTerms) -> bool:
    """With the same code."""
    coupon = await find_coupon_of_order(order.id)
    code = normalise_code(request.coupon_code or "")
    return terms.are_those_of(order) and (coupon.code if coupon else "") == code
