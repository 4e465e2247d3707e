"""Starting a plan: what is offered is checked and frozen, then the payment page is opened.

Nothing is charged here; what a completed page changes stands in mirror.py. docs/money.md.
"""

from dataclasses import dataclass

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
    OrderStatus,
    find_pending_order,
    get_order,
    insert_order,
)
from chenu.billing.subscriptions import list_live_subscriptions
from chenu.billing.trials import has_trial_behind, has_used_trial
from chenu.core import db
from chenu.core.clock import business_now, system_now
from chenu.core.crash_points import crash_point
from chenu.core.errors import ChenuError, InvalidState, reject_if_any
from chenu.core.i18n import Locale, mark
from chenu.core.ids import new_id
from chenu.core.money import Cents
from chenu.flows.checkout_pages import not_opened, with_tax
from chenu.flows.coupons.codes import TypedCode, find_typed_coupon
from chenu.flows.mirrors.sync import sync_coupon, sync_customer
from chenu.flows.return_urls import check_return_url
from chenu.flows.services import Services
from chenu.flows.subscriptions.checkout import PageOffer, PageUrls, page_operation
from chenu.flows.subscriptions.mirror import lock_subscriptions
from chenu.flows.subscriptions.pages import SUBSCRIPTION_PAGES
from chenu.flows.subscriptions.plans import lookup_key, price_of
from chenu.ledger.operations import (
    OperationRow,
    create_operation_after,
)
from chenu.tiers.catalogue import TierCode, get_tier

COUPON_CODE = ("coupon_code",)
"""The field where a code is typed."""

_MOST_CLOSED = 3
"""How many open pages of other terms one request closes: other tabs may open more meanwhile."""

_OTHER_PAGES = mark("Other pages for a plan are being opened in this account: please try again")
_HAS_PLAN = mark("This account has a plan already: it has to end before another one can begin")


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


@dataclass(frozen=True, slots=True)
class PlanOffer:
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
        raise InvalidState(_HAS_PLAN)
    reject_if_any(_check_input(services, request))
    key = idempotency.client_key(account_id, idempotency_key, "subscriptionStart", request)
    coupon = await _find_coupon(actor, request, key)
    crash_point("subscription.before_intent")
    order = await _claim_order(services, user_id, request, key, coupon)
    crash_point("subscription.after_intent")
    if order.is_pending:
        order = await _open_page(services, order, request)
    crash_point("subscription.before_answer")
    return order


def _check_input(services: Services, request: StartInput) -> list[ChenuError]:
    errors: list[ChenuError] = []
    for field in ("success_url", "cancel_url"):
        url = getattr(request, field)
        if url is not None:
            errors += check_return_url(services.settings, url, field)
    return errors


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


async def _claim_order(
    services: Services,
    user_id: UserId,
    request: StartInput,
    key: ClientKey,
    coupon: CouponRow | None,
) -> OrderRow:
    """A page for another plan, or one that ran out, closes before a new one opens.

    Raises InvalidState, ProviderUnavailable.
    """
    for _ in range(_MOST_CLOSED):
        found = await _claim(user_id, request, key, coupon)
        if found.is_claimed:
            return found.order
        await SUBSCRIPTION_PAGES.close(services, found.order)
    raise InvalidState(_OTHER_PAGES)


@dataclass(frozen=True, slots=True)
class _Found:
    """`is_claimed` False: an open page of other terms, which has to close first."""

    order: OrderRow
    is_claimed: bool


@db.transactional
async def _claim(
    user_id: UserId, request: StartInput, key: ClientKey, coupon: CouponRow | None
) -> _Found:
    """One transaction: the order of this key's first use, the open one, or a new one.

    A new one reserves its coupon.
    """
    account_id = key.account_id
    known = await idempotency.find_result(key)
    if known is not None:
        return _Found(await get_order(OrderId(known)), is_claimed=True)
    await lock_subscriptions(account_id, SubscriptionKind.TIER)
    if await list_live_subscriptions(account_id, SubscriptionKind.TIER):
        raise InvalidState(_HAS_PLAN)
    offer = await find_offer(account_id, request.tier, request.interval, trial=request.trial)
    order = await find_pending_order(account_id, SubscriptionKind.TIER)
    if order is not None and not await _is_same(order, request, offer):
        return _Found(order, is_claimed=False)
    if order is None:
        order = _make_order(account_id, user_id, request, offer)
        await insert_order(order)
        if coupon is not None:
            await reserve(coupon.id, account_id, order.id, COUPON_CODE)
    await idempotency.remember_result(key, order.id)
    return _Found(order, is_claimed=True)


async def _is_same(order: OrderRow, request: StartInput, offer: PlanOffer) -> bool:
    """An open page on which just this is bought."""
    expires_at = order.checkout_expires_at
    if expires_at is not None and expires_at <= system_now():
        return False
    coupon = await find_coupon_of_order(order.id)
    code = normalise_code(request.coupon_code or "")
    wanted = (request.tier, request.interval, offer.price, offer.trial_days, request.starts_now)
    found = (order.item, order.billing_interval, order.price, order.trial_days, order.starts_now)
    return (*found, coupon.code if coupon else "") == (*wanted, code)


def _make_order(
    account_id: AccountId, user_id: UserId, request: StartInput, offer: PlanOffer
) -> OrderRow:
    return OrderRow(
        id=OrderId(new_id()),
        account_id=account_id,
        buyer_id=user_id,
        kind=SubscriptionKind.TIER,
        item=request.tier,
        billing_interval=request.interval,
        price=offer.price,
        trial_days=offer.trial_days,
        starts_now=request.starts_now,
        status=OrderStatus.PENDING,
        checkout_session_id=None,
        checkout_url=None,
        checkout_expires_at=None,
        stripe_subscription_id=None,
        failure_code=None,
        created_at=business_now(),
        updated_at=system_now(),
    )


async def _open_page(services: Services, order: OrderRow, request: StartInput) -> OrderRow:
    """Raises PaymentFailed, ProviderUnavailable."""

    async def ask_anew(refused: OperationRow | None) -> OperationRow:
        return await _ask_anew(services, order, request, refused)

    return await SUBSCRIPTION_PAGES.open(services, order, ask_anew)


async def _ask_anew(
    services: Services, order: OrderRow, request: StartInput, refused: OperationRow | None
) -> OperationRow:
    """The operation that opens the page, for customer and price as they are now."""
    owner = await sync_customer(services, order.account_id)
    key = lookup_key(TierCode(order.item), order.billing_interval)
    price_id = await services.subscriptions.find_price_by_key(key)
    if owner.customer_id is None or price_id is None:
        raise not_opened()
    page = services.url(f"/account/plan/orders/{order.id}")
    urls = PageUrls(request.success_url or page, request.cancel_url or page)
    coupon = await find_coupon_of_order(order.id)
    if coupon is not None and not await sync_coupon(services, coupon):
        raise not_opened()
    offered = PageOffer(price_id, coupon.stripe_id if coupon else None)
    new = page_operation(order, owner.customer_id, offered, urls, request.locale)
    new = with_tax(new, is_on=services.settings.stripe.automatic_tax)
    return await create_operation_after(new, refused)
