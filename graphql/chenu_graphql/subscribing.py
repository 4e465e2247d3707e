"""Starting a plan, changing it, leaving it and coming back."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import strawberry

from chenu.billing.recurring import BillingInterval
from chenu.core.errors import BadInput, ProviderUnavailable, RefusedError, Unavailable
from chenu.core.money import Cents
from chenu.flows.subscriptions.change import ChangeInput, change_plan
from chenu.flows.subscriptions.changes import CancelInput, cancel_plan, resume_plan
from chenu.flows.subscriptions.portal import open_billing_portal
from chenu.flows.subscriptions.preview import ChangePreview, describe_line, preview_plan_change
from chenu.flows.subscriptions.start import StartInput, start_subscription
from chenu.tiers.catalogue import TierCode
from chenu_graphql.context import Info
from chenu_graphql.errors import UserError
from chenu_graphql.fields import Weight, argument, field, input_argument, input_field
from chenu_graphql.money import Line, Money, MoneyLine
from chenu_graphql.payloads import Payload, user_errors
from chenu_graphql.permissions import PARENT
from chenu_graphql.purchases import Checkout, checkout_of
from chenu_graphql.scalars import URL, BigInt
from chenu_graphql.subscriptions import Subscription

_KEY = "Same key and input: same answer. Same key and other input: IDEMPOTENCY_CONFLICT."
_AGREED = "From the preview; older than 15 minutes is PRICE_CHANGED. null: now."
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
    return Payload(checkout=checkout_of(order), subscription=plan)


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
    payment_url: URL | None = field(
        "Where the customer confirms the payment (3-D Secure); the old plan stays until then.",
        PARENT,
    )
    user_errors: list[UserError] = user_errors()


async def resolve_cancel(
    info: Info, data: Annotated[SubscriptionCancelInput, input_argument()]
) -> Payload:
    ctx = info.context
    request = CancelInput(at_period_end=data.at_period_end, reason=data.reason)
    plan = await cancel_plan(ctx.services, ctx.actor, request, data.idempotency_key)
    return Payload(subscription=plan)


@strawberry.input(description="Another plan than the one that runs.")
class SubscriptionChangeInput:
    tier: TierCode = input_field("STARTER, PRO or BUSINESS.")
    idempotency_key: strawberry.ID = input_field(_KEY)
    interval: BillingInterval = input_field("How it is paid.", default=BillingInterval.MONTH)
    proration_date: datetime | None = input_field(_AGREED, default=None)
    expected_due_now_minor: BigInt | None = input_field(
        "What the preview said in cents; another amount due is PRICE_CHANGED.", default=None
    )


async def resolve_change(
    info: Info, data: Annotated[SubscriptionChangeInput, input_argument()]
) -> Payload:
    """Now, or at the period's end when tier or interval goes down."""
    ctx = info.context
    due = data.expected_due_now_minor
    request = ChangeInput(
        tier=data.tier,
        interval=data.interval,
        proration_date=data.proration_date,
        expected_due_now=None if due is None else Cents(due),
    )
    plan = await change_plan(ctx.services, ctx.actor, request, data.idempotency_key)
    return Payload(subscription=plan, payment_url=plan.pending_payment_url)


async def resolve_resume(info: Info) -> Payload:
    ctx = info.context
    return Payload(subscription=await resume_plan(ctx.services, ctx.actor))


@strawberry.type(description="Stripe's customer portal.")
class BillingPortalPayload:
    url: URL | None = field("For one visitor, for a few minutes.", PARENT)
    user_errors: list[UserError] = user_errors()


async def resolve_portal(info: Info) -> Payload:
    ctx = info.context
    return Payload(url=await open_billing_portal(ctx.services, ctx.actor, ctx.locale))


_Preview = strawberry.Parent[ChangePreview]


def _lines(root: _Preview, info: Info) -> Sequence[Line]:
    return [Line(describe_line(each, info.context.locale), each.amount) for each in root.lines]


@strawberry.type(description="What a change of plan costs, as Stripe reckons it.")
class TierChangePreview:
    due_now: Money = field("Charged now; negative: credited.", PARENT)
    next_invoice: Money = field("The next regular invoice after the change.", PARENT)
    effective_at: datetime = field("When the plan changes.", PARENT)
    proration_date: datetime = field(
        "Give it back with the change: the invoice then equals this preview to the cent.", PARENT
    )
    lines: list[MoneyLine] = field(
        "What is due now, in the caller's language.", PARENT, _lines, weight=Weight(size=5)
    )


async def resolve_preview(
    info: Info,
    tier: Annotated[TierCode, argument("STARTER, PRO or BUSINESS.")],
    interval: Annotated[BillingInterval, argument("How it is paid.")] = BillingInterval.MONTH,
) -> ChangePreview:
    """Refusals are top-level errors here, as a query has no userErrors."""
    ctx = info.context
    try:
        return await preview_plan_change(ctx.services, ctx.actor, tier, interval)
    except ProviderUnavailable as lost:
        raise Unavailable(lost.message) from lost
    except RefusedError as refusal:
        raise BadInput(refusal.message, path=refusal.path, **refusal.params) from refusal
