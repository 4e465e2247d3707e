"""Purchases and their payments, as the buyer sees them."""

from datetime import datetime
from typing import Protocol

import msgspec
import strawberry

from chenu.agents.model import PaymentId, PurchaseId, PurchaseStatus
from chenu.agents.payments import PaymentRow
from chenu.agents.purchases import PurchaseRow
from chenu.billing.subscriptions import SubscriptionRow
from chenu.core.money import Cents
from chenu_graphql.agents import AgentPrice
from chenu_graphql.breakdown import (
    Breakdown,
    MoneyBreakdown,
    load_breakdown,
    load_payments,
    of_payment,
)
from chenu_graphql.connection import (
    After,
    Before,
    Connection,
    ConnectionSource,
    First,
    Last,
    PageArguments,
    by_row_id,
    cut_loaded,
    read_page,
)
from chenu_graphql.context import Context, Info
from chenu_graphql.fields import field
from chenu_graphql.ids import public_id
from chenu_graphql.market import Agent
from chenu_graphql.money import Money
from chenu_graphql.nodes import Node, register_node
from chenu_graphql.permissions import HOLDER, PARENT, READER
from chenu_graphql.relations import by_key
from chenu_graphql.scalars import URL

PaymentSource = strawberry.Parent[PaymentRow]
PurchaseSource = strawberry.Parent[PurchaseRow]


def _payment_id(root: PaymentSource) -> strawberry.ID:
    return public_id("PurchasePayment", root.id)


def _payment_breakdown(root: PaymentSource) -> Breakdown:
    return of_payment(root)


def receipt_of(payment: PaymentRow) -> str | None:
    return payment.receipt_url or payment.invoice_url


def _payment_receipt(root: PaymentSource) -> str | None:
    return receipt_of(root)


@strawberry.type(description="One settled payment of a purchase.")
class PurchasePayment(Node):
    id: strawberry.ID = field("Global id.", HOLDER, _payment_id)
    breakdown: MoneyBreakdown = field("How every cent of it went.", HOLDER, _payment_breakdown)
    refunded: Money = field("What was given back of it.", HOLDER)
    receipt_url: URL | None = field("Stripe's receipt or invoice.", HOLDER, _payment_receipt)
    paid_at: datetime = field("When it settled.", HOLDER)


def _id(root: PurchaseSource) -> strawberry.ID:
    return public_id("Purchase", root.id)


# Buyers may read the agent in any status.
_load_agent = by_key(lambda ctx: ctx.loaders.agents, lambda root: root.agent_id)


async def _resolve_breakdown(root: PurchaseSource, info: Info) -> Breakdown:
    return await load_breakdown(root, info)


async def _refunded(root: PurchaseSource, info: Info) -> Cents:
    return Cents(sum(row.refunded for row in await load_payments(root, info)))


async def _receipt(root: PurchaseSource, info: Info) -> str | None:
    rows = await load_payments(root, info)
    return receipt_of(rows[0]) if rows else None


async def _page_payments(
    root: PurchaseSource,
    info: Info,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> ConnectionSource[PaymentRow]:
    cursors = info.context.cursors.of_list("payments", root.id)
    page = read_page(cursors, PageArguments(first, after, last, before))
    rows = await load_payments(root, info)

    async def count() -> int:
        return len(rows)

    return ConnectionSource(cursors, cut_loaded(rows, page), by_row_id, count)


async def _load_subscription(root: PurchaseRow, info: Info) -> SubscriptionRow | None:
    """None for what was bought once, and before a monthly purchase has begun."""
    stripe_id = root.stripe_subscription_id
    if stripe_id is None:
        return None
    return await info.context.loaders.subscriptions_at_stripe.load(stripe_id)


async def _period_end(root: PurchaseSource, info: Info) -> datetime | None:
    found = await _load_subscription(root, info)
    return found.period_end if found else None


async def _cancels(root: PurchaseSource, info: Info) -> bool:
    found = await _load_subscription(root, info)
    return found is not None and found.cancel_at_period_end


async def _access_end(root: PurchaseSource, info: Info) -> datetime | None:
    found = await _load_subscription(root, info)
    return found.access_ends_at if found else None


@strawberry.type(description="A request to buy an agent and what came of it.")
class Purchase(Node):
    id: strawberry.ID = field("Global id.", HOLDER, _id)
    agent: Agent = field("What was bought.", HOLDER, _load_agent)
    price: AgentPrice = field("The price that was agreed to.", HOLDER)
    status: PurchaseStatus = field("Where it stands.", HOLDER)
    breakdown: MoneyBreakdown = field("The sum of its payments.", HOLDER, _resolve_breakdown)
    refunded: Money = field("What was given back in all.", HOLDER, _refunded)
    payments: Connection[PurchasePayment] = field("Newest first.", HOLDER, _page_payments)
    current_period_end: datetime | None = field("Of what runs by the month.", HOLDER, _period_end)
    cancel_at_period_end: bool = field(
        "Whether what runs by the month ends then.", HOLDER, _cancels
    )
    access_ends_at: datetime | None = field("null: never.", HOLDER, _access_end)
    receipt_url: URL | None = field("Of its latest payment.", HOLDER, _receipt)
    created_at: datetime = field("When the buyer agreed.", HOLDER)
    paid_at: datetime | None = field("When it was first paid; null: not yet.", HOLDER)


class CheckoutSource(msgspec.Struct, frozen=True):
    url: str
    expires_at: datetime


class HasPage(Protocol):
    """An order of whatever is paid on Stripe's page."""

    @property
    def is_pending(self) -> bool: ...
    @property
    def checkout_url(self) -> str | None: ...
    @property
    def checkout_expires_at(self) -> datetime | None: ...


def checkout_of(order: HasPage) -> CheckoutSource | None:
    """None once it is paid or the page has closed."""
    url, expires_at = order.checkout_url, order.checkout_expires_at
    if not order.is_pending or url is None or expires_at is None:
        return None
    return CheckoutSource(url, expires_at)


@strawberry.type(description="A payment page of Stripe's.")
class Checkout:
    url: URL = field("Send the buyer's browser there.", PARENT)
    expires_at: datetime = field("When the page closes by itself.", PARENT)


def _is_ours(ctx: Context, row: PurchaseRow | PaymentRow | None) -> bool:
    return row is not None and row.account_id == ctx.actor.account_id


async def _find(ctx: Context, row_id: PurchaseId) -> PurchaseRow | None:
    READER.require(ctx)
    row = await ctx.loaders.purchases.load(row_id)
    return row if _is_ours(ctx, row) else None


async def _find_payment(ctx: Context, row_id: PaymentId) -> PaymentRow | None:
    READER.require(ctx)
    row = await ctx.loaders.payments.load(row_id)
    return row if _is_ours(ctx, row) else None


register_node("Purchase", (PurchaseRow,), _find)
register_node("PurchasePayment", (PaymentRow,), _find_payment)
