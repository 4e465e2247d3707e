"""Plans that an account subscribes to, and Stripe's invoices, as their account sees them."""

from datetime import datetime

import strawberry

from chenu.accounts.actor import ApiScope
from chenu.accounts.roles import Right
from chenu.billing.invoices import InvoiceId, InvoiceRow, pdf_path
from chenu.billing.recurring import (
    BillingInterval,
    InvoiceStatus,
    SubscriptionKind,
    SubscriptionStatus,
)
from chenu.billing.subscriptions import SubscriptionId, SubscriptionRow
from chenu.flows.invoice_words import describe_line
from chenu.tiers import catalogue
from chenu_graphql.context import Context, Info
from chenu_graphql.coupons import Discount, DiscountSource
from chenu_graphql.errors import ErrorCode
from chenu_graphql.fields import Weight, field
from chenu_graphql.ids import public_id
from chenu_graphql.money import Line, Money, MoneyLine
from chenu_graphql.nodes import Node, register_node
from chenu_graphql.permissions import HOLDER, INVOICES, READER
from chenu_graphql.scalars import URL
from chenu_graphql.tiers import Tier

_Subscription = strawberry.Parent[SubscriptionRow]
_Invoice = strawberry.Parent[InvoiceRow]


def _subscription_id(root: _Subscription) -> strawberry.ID:
    return public_id("Subscription", root.id)


def _tier(root: _Subscription) -> catalogue.Tier:
    return catalogue.get_tier(root.item)


def _interval(root: _Subscription) -> BillingInterval:
    return root.billing_interval


def _period_start(root: _Subscription) -> datetime:
    return root.period_start


def _period_end(root: _Subscription) -> datetime:
    return root.period_end


def _discount(root: _Subscription) -> DiscountSource | None:
    if root.discount_code is None or root.discount_duration is None:
        return None
    return DiscountSource(
        root.discount_code,
        root.discount_percent,
        root.discount_amount,
        root.discount_duration,
        root.discount_ends_at,
    )


def _scheduled_tier(root: _Subscription) -> catalogue.Tier | None:
    return catalogue.get_tier(root.scheduled_item) if root.scheduled_item else None


def _refusal_code(root: _Subscription) -> ErrorCode | None:
    return ErrorCode(root.refusal_code) if root.refusal_code else None


@strawberry.type(description="A plan that is paid by the month or the year.")
class Subscription(Node):
    id: strawberry.ID = field("Global id.", HOLDER, _subscription_id)
    tier: Tier = field("What is subscribed to.", HOLDER, _tier)
    interval: BillingInterval = field("How often it is paid.", HOLDER, _interval)
    status: SubscriptionStatus = field("Where it stands.", HOLDER)
    price: Money = field("Of one interval, VAT included.", HOLDER)
    discount: Discount | None = field(
        "What its next invoice has taken off; null: nothing.", HOLDER, _discount
    )
    trial_ends_at: datetime | None = field("null: it has, or had, no trial.", HOLDER)
    current_period_start: datetime = field("When the paid period began.", HOLDER, _period_start)
    current_period_end: datetime = field("When it is renewed, or ends.", HOLDER, _period_end)
    cancel_at_period_end: bool = field("Whether it ends instead of being renewed.", HOLDER)
    scheduled_tier: Tier | None = field(
        "A downgrade waits for the period's end.", HOLDER, _scheduled_tier
    )
    scheduled_interval: BillingInterval | None = field("How the plan is paid from then on.", HOLDER)
    canceled_at: datetime | None = field("When it was cancelled; null: it was not.", HOLDER)
    refusal_code: ErrorCode | None = field(
        "Why we ended it: TRIAL_USED, its owner or card had a trial before. null: we did not.",
        HOLDER,
        _refusal_code,
    )


def _invoice_id(root: _Invoice) -> strawberry.ID:
    return public_id("Invoice", root.id)


def _lines(root: _Invoice, info: Info) -> list[Line]:
    locale = info.context.locale
    return [Line(describe_line(line, locale), line.amount) for line in root.lines]


def _pdf_url(root: _Invoice, info: Info) -> URL | None:
    return URL(info.context.services.url(pdf_path(root.id))) if root.has_document else None


@strawberry.type(description="An invoice of Stripe's, as we mirror it.")
class Invoice(Node):
    id: strawberry.ID = field("Global id.", INVOICES, _invoice_id)
    number: str | None = field("null until it is issued.", INVOICES)
    status: InvoiceStatus = field("Where it stands.", INVOICES)
    total: Money = field("What was to be paid, VAT included.", INVOICES)
    tax: Money = field("VAT in it.", INVOICES)
    discount: Money = field("What a coupon took off.", INVOICES)
    amount_paid: Money = field("What was paid of it.", INVOICES)
    period_start: datetime | None = field("What it is for, from.", INVOICES)
    period_end: datetime | None = field("What it is for, until.", INVOICES)
    issued_at: datetime | None = field("When it was issued; null: it is a draft.", INVOICES)
    lines: list[MoneyLine] = field(
        "What it is for, before any discount.", INVOICES, _lines, weight=Weight(size=4)
    )
    pdf_url: URL | None = field(
        "Our copy of Stripe's PDF, for signed-in people; null until it is paid and stored.",
        INVOICES,
        _pdf_url,
    )
    hosted_url: URL | None = field("Stripe's page, where it can be paid.", INVOICES)


def _is_ours(ctx: Context, row: SubscriptionRow | InvoiceRow | None) -> bool:
    return row is not None and row.account_id == ctx.actor.account_id


async def _find_subscription(ctx: Context, row_id: SubscriptionId) -> SubscriptionRow | None:
    """Those of monthly agents are purchases, and the API's plan stands with its account."""
    READER.require(ctx)
    row = await ctx.loaders.subscriptions.load(row_id)
    is_tier = row is not None and row.kind is SubscriptionKind.TIER
    return row if is_tier and _is_ours(ctx, row) else None


async def _find_invoice(ctx: Context, row_id: InvoiceId) -> InvoiceRow | None:
    READER.require(ctx)
    if not (ctx.actor.may(ApiScope.BILLING) and ctx.actor.has_right(Right.READ_INVOICES)):
        return None
    row = await ctx.loaders.invoices.load(row_id)
    return row if _is_ours(ctx, row) else None


register_node("Subscription", (SubscriptionRow,), _find_subscription)
register_node("Invoice", (InvoiceRow,), _find_invoice)
