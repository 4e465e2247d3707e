"""Starting a plan: what is offered is checked and frozen, then the payment page is opened.

Nothing is charged here; what a completed page changes stands in mirror.py. docs/money.md.
"""

from dataclasses import dataclass

import msgspec

from chenu.accounts import idempotency
from chenu.accounts.actor import AccountId, Actor, UserId
from chenu.accounts.customers import get_billed_person
from chenu.accounts.idempotency import ClientKey
from chenu.accounts.roles import Right
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
from chenu.billing.trials import has_used_trial
from chenu.core import db
from chenu.core.clock import business_now, system_now
from chenu.core.errors import ChenuError, InvalidState, reject_if_any
from chenu.core.i18n import Locale, mark
from chenu.core.ids import new_id
from chenu.core.money import Cents
from chenu.flows.checkout_pages import not_opened
from chenu.flows.mirrors.sync import sync_customer
from chenu.flows.return_urls import check_return_url
from chenu.flows.services import Services
from chenu.flows.subscriptions.checkout import PageUrls, page_operation
from chenu.flows.subscriptions.mirror import lock_subscriptions
from chenu.flows.subscriptions.pages import SUBSCRIPTION_PAGES
from chenu.flows.subscriptions.plans import lookup_key, price_of
from chenu.ledger.operations import (
    OperationRow,
    create_operation_after,
)
from chenu.tiers.catalogue import TierCode, get_tier

_HAS_PLAN = mark("This account has a plan already: it has to end before another one can begin")


class StartInput(msgspec.Struct, frozen=True):
    """`trial` False: pay from the first day, although a trial may be due."""

    tier: TierCode
    interval: BillingInterval
    locale: Locale
    trial: bool = True
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
    return not await has_used_trial(owner.email)


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
    await _close_other(services, account_id, request)
    order = await get_order(await _claim(account_id, user_id, request, key))
    return await _open_page(services, order, request) if order.is_pending else order


def _check_input(services: Services, request: StartInput) -> list[ChenuError]:
    errors: list[ChenuError] = []
    for field in ("success_url", "cancel_url"):
        url = getattr(request, field)
        if url is not None:
            errors += check_return_url(services.settings, url, field)
    return errors


async def _close_other(services: Services, account_id: AccountId, request: StartInput) -> None:
    """A page for another plan, or one that ran out, closes before a new one opens."""
    pending = await find_pending_order(account_id, SubscriptionKind.TIER)
    if pending is None:
        return
    offer = await find_offer(account_id, request.tier, request.interval, trial=request.trial)
    expires_at = pending.checkout_expires_at
    is_over = expires_at is not None and expires_at <= system_now()
    if is_over or not _is_same(pending, request, offer):
        await SUBSCRIPTION_PAGES.close(services, pending)


def _is_same(order: OrderRow, request: StartInput, offer: PlanOffer) -> bool:
    wanted = (request.tier, request.interval, offer.price, offer.trial_days)
    return (order.item, order.billing_interval, order.price, order.trial_days) == wanted


@db.transactional
async def _claim(
    account_id: AccountId, user_id: UserId, request: StartInput, key: ClientKey
) -> OrderId:
    """One transaction: the order of this key's first use, the open one, or a new one."""
    known = await idempotency.find_result(key)
    if known is not None:
        return OrderId(known)
    await lock_subscriptions(account_id, SubscriptionKind.TIER)
    if await list_live_subscriptions(account_id, SubscriptionKind.TIER):
        raise InvalidState(_HAS_PLAN)
    offer = await find_offer(account_id, request.tier, request.interval, trial=request.trial)
    order = await find_pending_order(account_id, SubscriptionKind.TIER)
    if order is None:
        order = _make_order(account_id, user_id, request, offer)
        await insert_order(order)
    await idempotency.remember_result(key, order.id)
    return order.id


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
    new = page_operation(order, owner.customer_id, price_id, urls, request.locale)
    return await create_operation_after(new, refused)
