"""Starting a plan, leaving it and coming back."""

from typing import Annotated

import strawberry

from chenu.billing.recurring import BillingInterval
from chenu.billing.subscription_orders import OrderRow
from chenu.flows.subscriptions.changes import CancelInput, cancel_plan, resume_plan
from chenu.flows.subscriptions.start import StartInput, start_subscription
from chenu.tiers.catalogue import TierCode
from chenu_graphql.context import Info
from chenu_graphql.errors import UserError
from chenu_graphql.fields import field, input_argument, input_field
from chenu_graphql.payloads import Payload, user_errors
from chenu_graphql.permissions import PARENT
from chenu_graphql.purchases import Checkout, CheckoutSource
from chenu_graphql.scalars import URL
from chenu_graphql.subscriptions import Subscription

_KEY = "Same key and input: same answer. Same key and other input: IDEMPOTENCY_CONFLICT."
_URL = "Our own address or an allowed origin; null: our own page."


@strawberry.input(description="A plan to start.")
class SubscriptionStartInput:
    tier: TierCode = input_field("STARTER, PRO or BUSINESS.")
    idempotency_key: strawberry.ID = input_field(_KEY)
    interval: BillingInterval = input_field("How it is paid.", default=BillingInterval.MONTH)
    trial: bool = input_field("Take the 14-day trial where one is due.", default=True)
    start_now: bool = input_field(
        "Begin before the 14 days of withdrawal are over: the days used are deducted then.",
        default=False,
    )
    coupon_code: str | None = input_field(
        "Taken off the first invoice that is for something; see couponQuote.", default=None
    )
    success_url: URL | None = input_field(_URL, default=None)
    cancel_url: URL | None = input_field(_URL, default=None)


@strawberry.type(description="Where to begin the plan.")
class SubscriptionStartPayload:
    checkout: Checkout | None = field(
        "Stripe's page; null once the plan has begun or the page has closed.", PARENT
    )
    subscription: Subscription | None = field("null until the page is completed.", PARENT)
    user_errors: list[UserError] = user_errors()


async def resolve_start(
    info: Info, data: Annotated[SubscriptionStartInput, input_argument()]
) -> Payload:
    """Nothing is charged here: the plan begins on Stripe's page."""
    ctx = info.context
    order = await start_subscription(
        ctx.services,
        ctx.actor,
        StartInput(
            tier=data.tier,
            interval=data.interval,
            locale=ctx.locale,
            trial=data.trial,
            starts_now=data.start_now,
            coupon_code=data.coupon_code,
            success_url=data.success_url,
            cancel_url=data.cancel_url,
        ),
        data.idempotency_key,
    )
    plan = None if order.is_pending else await ctx.loaders.plans.load(order.account_id)
    return Payload(checkout=_checkout(order), subscription=plan)


def _checkout(order: OrderRow) -> CheckoutSource | None:
    url, expires_at = order.checkout_url, order.checkout_expires_at
    if not order.is_pending or url is None or expires_at is None:
        return None
    return CheckoutSource(url, expires_at)


@strawberry.input(description="To leave a plan.")
class SubscriptionCancelInput:
    idempotency_key: strawberry.ID = input_field(_KEY)
    at_period_end: bool = input_field(
        "false: at once, without the days that are left.", default=True
    )
    reason: str | None = input_field("For us to read; at most 500 characters.", default=None)


@strawberry.type(description="The plan as it is afterwards.")
class SubscriptionChangePayload:
    subscription: Subscription | None = field("The plan.", PARENT)
    user_errors: list[UserError] = user_errors()


async def resolve_cancel(
    info: Info, data: Annotated[SubscriptionCancelInput, input_argument()]
) -> Payload:
    ctx = info.context
    request = CancelInput(at_period_end=data.at_period_end, reason=data.reason)
    plan = await cancel_plan(ctx.services, ctx.actor, request, data.idempotency_key)
    return Payload(subscription=plan)


async def resolve_resume(info: Info) -> Payload:
    ctx = info.context
    return Payload(subscription=await resume_plan(ctx.services, ctx.actor))
