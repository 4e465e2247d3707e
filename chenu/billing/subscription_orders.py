"""Requests to subscribe: their rows, their payment pages, and what became of them."""

from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

import msgspec

from chenu.accounts.actor import AccountId, UserId
from chenu.billing import coupon_redemptions
from chenu.billing.recurring import BillingInterval, SubscriptionKind
from chenu.billing.tables import SubscriptionOrder
from chenu.core import db
from chenu.core.clock import system_now
from chenu.core.errors import NotFound
from chenu.core.money import Cents
from chenu.core.order_pages import OrderPages
from chenu.core.rows import Columns

OrderId = NewType("OrderId", UUID)


class OrderStatus(StrEnum):
    PENDING = "PENDING"
    COMPLETED = "COMPLETED"
    CANCELED = "CANCELED"
    FAILED = "FAILED"


class OrderRow(msgspec.Struct, frozen=True):
    """`created_at`: business time. `checkout_expires_at`, `updated_at`: system time."""

    id: OrderId
    account_id: AccountId
    buyer_id: UserId
    kind: SubscriptionKind
    item: str
    billing_interval: BillingInterval
    price: Cents
    trial_days: int
    starts_now: bool
    status: OrderStatus
    checkout_session_id: str | None
    checkout_url: str | None
    checkout_expires_at: datetime | None
    stripe_subscription_id: str | None
    failure_code: str | None
    created_at: datetime
    updated_at: datetime

    @property
    def is_pending(self) -> bool:
        return self.status is OrderStatus.PENDING


_ORDERS = Columns(OrderRow, SubscriptionOrder, account_id="account", buyer_id="buyer")
_ORDER = f"SELECT {_ORDERS.select()} FROM subscription_order"  # noqa: S608 - own columns

_PAGES = OrderPages[OrderId]("subscription_order")
record_order_page = _PAGES.record_page
claim_order_question = _PAGES.claim_question
list_pending_orders = _PAGES.list_pending


async def get_order(order_id: OrderId, *, lock: bool = False) -> OrderRow:
    """Raises NotFound. `lock` holds the row until the transaction ends."""
    suffix = " FOR NO KEY UPDATE" if lock else ""
    found = await db.find_one(OrderRow, f"{_ORDER} WHERE id = $1{suffix}", order_id)
    if found is None:
        raise NotFound("There is no such order")
    return found


async def find_order(order_id: UUID) -> OrderRow | None:
    return await db.find_one(OrderRow, f"{_ORDER} WHERE id = $1", order_id)


async def find_order_of_subscription(stripe_subscription_id: str) -> OrderRow | None:
    """None for one that was made in Stripe's dashboard."""
    sql = f"{_ORDER} WHERE stripe_subscription_id = $1"
    return await db.find_one(OrderRow, sql, stripe_subscription_id)


async def get_own_order(account_id: AccountId, order_id: OrderId) -> OrderRow:
    """Raises NotFound, also for another account's order."""
    found = await get_order(order_id)
    if found.account_id != account_id:
        raise NotFound("There is no such order")
    return found


async def find_pending_order(account_id: AccountId, kind: SubscriptionKind) -> OrderRow | None:
    """At most one: an account has one open page for each kind."""
    sql = f"{_ORDER} WHERE account = $1 AND kind = $2 AND status = 'PENDING'"
    return await db.find_one(OrderRow, sql, account_id, kind)


async def insert_order(row: OrderRow) -> None:
    """The caller holds the account's lock for this kind."""
    await _ORDERS.insert(row)


async def end_order(
    order_id: OrderId,
    status: OrderStatus,
    *,
    subscription_id: str | None = None,
    failure_code: str | None = None,
) -> None:
    """In a transaction; changes nothing unless the order is pending.

    Its coupon is redeemed by the subscription, or released.
    """
    sql = """
        UPDATE subscription_order SET status = $2, stripe_subscription_id = $3,
            failure_code = $4, updated_at = $5
        WHERE id = $1 AND status = 'PENDING'
    """
    if not await db.execute(sql, order_id, status, subscription_id, failure_code, system_now()):
        return
    if subscription_id is None:
        await coupon_redemptions.release(order_id)
    else:
        await coupon_redemptions.redeem(order_id, subscription_id)
