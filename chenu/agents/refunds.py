"""Refunds of payments for agents, whoever asked for them: one row each."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

import msgspec

from chenu.accounts.actor import AccountId, UserId
from chenu.agents.model import PaymentId, PurchaseId
from chenu.agents.tables import PurchaseRefund
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.errors import NotFound
from chenu.core.money import Cents
from chenu.core.rows import Columns

RefundId = NewType("RefundId", UUID)


class SaleRefundOrigin(StrEnum):
    """Who asked for it; STRIPE: somebody at Stripe's dashboard."""

    BUYER = "BUYER"
    CREATOR = "CREATOR"
    STAFF = "STAFF"
    WITHDRAWAL = "WITHDRAWAL"
    STRIPE = "STRIPE"


class SaleRefundState(StrEnum):
    """REQUESTED: Stripe is asked; FAILED: Stripe or the bank refused it, and it is put back."""

    REQUESTED = "REQUESTED"
    SETTLED = "SETTLED"
    FAILED = "FAILED"


class SaleRefundRow(msgspec.Struct, frozen=True):
    id: RefundId
    payment_id: PaymentId
    purchase_id: PurchaseId
    account_id: AccountId
    amount: Cents
    origin: SaleRefundOrigin
    reason: str
    state: SaleRefundState
    requested_by: UserId | None
    stripe_refund_id: str | None
    created_at: datetime
    settled_at: datetime | None


_REFUNDS = Columns(
    SaleRefundRow,
    PurchaseRefund,
    payment_id="payment",
    purchase_id="purchase",
    account_id="account",
)
_REFUND = f"SELECT {_REFUNDS.select()} FROM purchase_refund"  # noqa: S608 - own columns


async def insert_sale_refund(row: SaleRefundRow) -> None:
    """The caller holds the purchase's lock."""
    await _REFUNDS.insert(row)


async def get_sale_refund(refund_id: UUID) -> SaleRefundRow:
    """Raises NotFound."""
    found = await db.find_one(SaleRefundRow, f"{_REFUND} WHERE id = $1", refund_id)
    if found is None:
        raise NotFound("There is no such refund")
    return found


async def find_sale_refund(stripe_refund_id: str) -> SaleRefundRow | None:
    sql = f"{_REFUND} WHERE stripe_refund_id = $1"
    return await db.find_one(SaleRefundRow, sql, stripe_refund_id)


async def list_sale_refunds(purchase_ids: Sequence[PurchaseId]) -> list[SaleRefundRow]:
    """The newest first."""
    sql = f"{_REFUND} WHERE purchase = ANY($1) ORDER BY id DESC LIMIT 1000"
    return await db.fetch_all(SaleRefundRow, sql, list(purchase_ids))


async def list_failed_refunds() -> list[SaleRefundRow]:
    """Those that banks sent back and nobody has made again since; the newest first."""
    sql = f"""
        {_REFUND} WHERE state = 'FAILED' AND stripe_refund_id IS NOT NULL AND EXISTS (
            SELECT 1 FROM purchase_payment p
            WHERE p.id = payment AND p.gross - p.discount > p.refunded + p.disputed)
        ORDER BY id DESC LIMIT 100
    """  # noqa: S608 - own columns
    return await db.fetch_all(SaleRefundRow, sql)


async def settle_sale_refund(refund_id: RefundId, stripe_refund_id: str) -> None:
    sql = """
        UPDATE purchase_refund SET state = 'SETTLED', stripe_refund_id = $2, settled_at = $3
        WHERE id = $1
    """
    await db.execute(sql, refund_id, stripe_refund_id, business_now())


async def mark_sale_refund(refund_id: RefundId, state: SaleRefundState) -> bool:
    """False if it was in that state before."""
    sql = "UPDATE purchase_refund SET state = $2 WHERE id = $1 AND state <> $2"
    return bool(await db.execute(sql, refund_id, state))
