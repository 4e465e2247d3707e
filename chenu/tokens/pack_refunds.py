"""Which tokens refunds took back of packs, once for each refund."""

from datetime import datetime
from typing import NewType
from uuid import UUID

import msgspec

from chenu.core import db
from chenu.core.money import Cents
from chenu.core.rows import Columns
from chenu.tokens.pack_orders import PackOrderId
from chenu.tokens.pack_tables import PackRefund

PackRefundId = NewType("PackRefundId", UUID)


class PackRefundRow(msgspec.Struct, frozen=True):
    """The tokens include those that were spent, which became a debt."""

    id: PackRefundId
    order_id: PackOrderId
    request_id: UUID | None
    stripe_refund_id: str | None
    dispute_id: UUID | None
    amount: Cents
    base_tokens: int
    bonus_tokens: int
    debt_tokens: int
    created_at: datetime
    restored_at: datetime | None


_REFUNDS = Columns(
    PackRefundRow,
    PackRefund,
    order_id="pack_order",
    request_id="refund_request",
    dispute_id="dispute",
)
_REFUND = f"SELECT {_REFUNDS.select()} FROM pack_refund"  # noqa: S608 - own columns


async def insert_pack_refund(row: PackRefundRow) -> None:
    await _REFUNDS.insert(row)


async def list_pack_refunds(order_id: PackOrderId) -> list[PackRefundRow]:
    """Those whose tokens are taken back, the oldest first."""
    sql = f"{_REFUND} WHERE pack_order = $1 AND restored_at IS NULL ORDER BY id"
    return await db.fetch_all(PackRefundRow, sql, order_id)


async def find_refund_of_request(request_id: UUID) -> PackRefundRow | None:
    """None for a request about something else than a pack."""
    return await db.find_one(PackRefundRow, f"{_REFUND} WHERE refund_request = $1", request_id)


async def find_pack_refund(stripe_refund_id: str) -> PackRefundRow | None:
    sql = f"{_REFUND} WHERE stripe_refund_id = $1"
    return await db.find_one(PackRefundRow, sql, stripe_refund_id)


async def list_refunds_of_dispute(dispute_id: UUID) -> list[PackRefundRow]:
    """What it has taken, itself or from a refund that did not come about, and not given again."""
    sql = f"{_REFUND} WHERE dispute = $1 AND restored_at IS NULL ORDER BY id"
    return await db.fetch_all(PackRefundRow, sql, dispute_id)


async def leave_to_dispute(refund_id: PackRefundId, dispute_id: UUID) -> None:
    """Its tokens come back when the dispute is won, and not before."""
    sql = "UPDATE pack_refund SET dispute = $2 WHERE id = $1"
    await db.execute(sql, refund_id, dispute_id)


async def link_pack_refund(refund_id: PackRefundId, stripe_refund_id: str) -> None:
    """Its money is on the way: which refund at Stripe it is."""
    sql = "UPDATE pack_refund SET stripe_refund_id = $2 WHERE id = $1"
    await db.execute(sql, refund_id, stripe_refund_id)


async def mark_restored(refund_id: PackRefundId, at: datetime) -> bool:
    """Once; False if it was done before."""
    sql = "UPDATE pack_refund SET restored_at = $2 WHERE id = $1 AND restored_at IS NULL"
    return bool(await db.execute(sql, refund_id, at))
