"""Starting an API plan: what is offered is checked and frozen, then the payment page is opened.

Nothing is charged here; what a completed page changes stands in subscriptions/api_plans.py.
"""

import msgspec

from chenu.accounts import idempotency
from chenu.accounts.actor import Actor, UserId
from chenu.accounts.idempotency import ClientKey
from chenu.accounts.roles import Right
from chenu.billing.recurring import SubscriptionKind
from chenu.billing.subscription_orders import (
    OrderId,
    OrderRow,
    find_pending_order,
    get_order,
    insert_order,
)
from chenu.billing.subscriptions import list_live_subscriptions
from chenu.core import db
from chenu.core.crash_points import crash_point
from chenu.core.errors import InvalidState, reject_if_any
from chenu.core.i18n import Locale, mark
from chenu.flows.api_plans.prices import MONTH, price_of
from chenu.flows.services import Services
from chenu.flows.subscriptions.mirror import lock_subscriptions
from chenu.flows.subscriptions.orders import (
    FoundOrder,
    OrderTerms,
    ReturnUrls,
    check_return_urls,
    claim_order,
    make_order,
    open_page,
)
from chenu.flows.subscriptions.sequence import require_no_contract
from chenu.tiers.api_plan_codes import ApiPlanCode

_HAS_PLAN = mark("This account has a paid API plan already: change that one instead")


class ApiPlanStartInput(msgspec.Struct, frozen=True):
    """`starts_now`: as for tiers, the days that were used are paid for by whoever withdraws."""

    plan: ApiPlanCode
    locale: Locale
    starts_now: bool = False
    success_url: str | None = None
    cancel_url: str | None = None


async def start_api_plan(
    services: Services, actor: Actor, request: ApiPlanStartInput, idempotency_key: str
) -> OrderRow:
    """The order with its payment page; a second request finds it.

    Raises Invalid for FREE and ENTERPRISE, InvalidState when there is a live one or a contract;
    ProviderUnavailable when Stripe is away, with the order pending and nothing charged.
    """
    account_id, user_id = actor.require_right(Right.MANAGE_PLAN), actor.require_user()
    actor.require_verified()
    require_no_contract(actor)
    price_of(request.plan)
    urls = ReturnUrls(request.success_url, request.cancel_url)
    reject_if_any(check_return_urls(services, urls))
    key = idempotency.client_key(account_id, idempotency_key, "apiPlanStart", request)
    crash_point("api_plan.before_intent")
    order = await claim_order(services, lambda: _claim(user_id, request, key))
    crash_point("api_plan.after_intent")
    if order.is_pending:
        order = await open_page(services, order, urls, request.locale)
    crash_point("api_plan.before_answer")
    return order


@db.transactional
async def _claim(user_id: UserId, request: ApiPlanStartInput, key: ClientKey) -> FoundOrder:
    """One transaction: the order of this key's first use, the open one, or a new one."""
    account_id, kind = key.account_id, SubscriptionKind.API_PLAN
    known = await idempotency.find_result(key)
    if known is not None:
        return FoundOrder(await get_order(OrderId(known)), is_claimed=True)
    await lock_subscriptions(account_id, kind)
    if await list_live_subscriptions(account_id, kind):
        raise InvalidState(_HAS_PLAN)
    terms = OrderTerms(
        kind, request.plan, MONTH, price_of(request.plan), starts_now=request.starts_now
    )
    order = await find_pending_order(account_id, kind)
    if order is not None and not terms.are_those_of(order):
        return FoundOrder(order, is_claimed=False)
    if order is None:
        order = make_order(account_id, user_id, terms)
        await insert_order(order)
    await idempotency.remember_result(key, order.id)
    return FoundOrder(order, is_claimed=True)
