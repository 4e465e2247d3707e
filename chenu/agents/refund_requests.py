"""What the desk asked to return of a sale and what a second person has to agree to."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

import msgspec

from chenu.accounts.actor import AccountId, UserId
from chenu.agents.model import PaymentId, PurchaseId
from chenu.agents.refund_tables import PurchaseRefundRequest
from chenu.agents.refunds import RefundId
from chenu.core import db
from chenu.core.backoff import BACKOFF
from chenu.core.clock import business_now, system_now
from chenu.core.errors import NotFound
from chenu.core.money import Cents
from chenu.core.paged_rows import fetch_page
from chenu.core.paging import Page, PageRequest
from chenu.core.rows import Columns

SaleRequestId = NewType("SaleRequestId", UUID)


class SaleRequestState(StrEnum):
    """WAITING for a second person; EXPIRED: nobody has decided in time."""

    WAITING = "WAITING"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"


class SaleRequestRow(msgspec.Struct, frozen=True):
    """`refund_id` is what came of it once another person agreed."""

    id: SaleRequestId
    payment_id: PaymentId
    purchase_id: PurchaseId
    account_id: AccountId
    amount: Cents
    reason: str
    state: SaleRequestState
    requested_by: UserId
    decided_by: UserId | None
    decision_reason: str | None
    refund_id: RefundId | None
    created_at: datetime
    decided_at: datetime | None

    @property
    def is_waiting(self) -> bool:
        return self.state is SaleRequestState.WAITING


_REQUESTS = Columns(
    SaleRequestRow,
    PurchaseRefundRequest,
    payment_id="payment",
    purchase_id="purchase",
    account_id="account",
    refund_id="refund",
)
_REQUEST = f"SELECT {_REQUESTS.select()} FROM purchase_refund_request"  # noqa: S608 - own columns


async def insert_sale_request(row: SaleRequestRow) -> None:
    """The caller holds the purchase's lock."""
    await _REQUESTS.insert(row)


async def find_sale_request(request_id: UUID, *, lock: bool = False) -> SaleRequestRow | None:
    """`lock` holds the row until the transaction ends."""
    suffix = " FOR NO KEY UPDATE" if lock else ""
    return await db.find_one(SaleRequestRow, f"{_REQUEST} WHERE id = $1{suffix}", request_id)


async def get_sale_request(request_id: UUID, *, lock: bool = False) -> SaleRequestRow:
    """Raises NotFound."""
    found = await find_sale_request(request_id, lock=lock)
    if found is None:
        raise NotFound("There is no such refund")
    return found


async def sum_waiting(payment_id: PaymentId) -> Cents:
    """What of a payment waits for a second person."""
    sql = """
        SELECT coalesce(sum(amount), 0)::bigint FROM purchase_refund_request
        WHERE payment = $1 AND state = 'WAITING'
    """
    return Cents(await db.fetch_value(sql, payment_id))


async def list_sale_requests(purchase_ids: Sequence[PurchaseId]) -> list[SaleRequestRow]:
    """The newest first."""
    sql = f"{_REQUEST} WHERE purchase = ANY($1) ORDER BY id DESC LIMIT 1000"
    return await db.fetch_all(SaleRequestRow, sql, list(purchase_ids))


async def list_waiting_sale_requests(page: PageRequest) -> Page[SaleRequestRow]:
    """The newest first."""
    return await fetch_page(SaleRequestRow, _REQUEST, "state = 'WAITING'", page=page)


async def sum_sales_asked_by(person: UserId, account_id: AccountId, since: datetime) -> Cents:
    """What somebody of the staff returned to a customer, or asked to, whatever came of it."""
    sql = """
        SELECT (SELECT coalesce(sum(amount), 0) FROM purchase_refund
                WHERE requested_by = $1 AND account = $2 AND created_at > $3 AND origin = 'STAFF')
            + (SELECT coalesce(sum(amount), 0) FROM purchase_refund_request
                WHERE requested_by = $1 AND account = $2 AND created_at > $3 AND state = 'WAITING')
    """
    return Cents(int(await db.fetch_value(sql, person, account_id, since)))


async def approve_sale_request(
    request_id: SaleRequestId, by: UserId, reason: str | None, refund_id: RefundId
) -> None:
    """The caller holds the row."""
    sql = """
        UPDATE purchase_refund_request SET state = 'APPROVED', decided_by = $2,
            decision_reason = $3, refund = $4, decided_at = $5 WHERE id = $1
    """
    await db.execute(sql, request_id, by, reason, refund_id, business_now())


async def reject_sale_request(request_id: SaleRequestId, by: UserId, reason: str) -> None:
    """The caller holds the row."""
    sql = """
        UPDATE purchase_refund_request SET state = 'REJECTED', decided_by = $2,
            decision_reason = $3, decided_at = $4 WHERE id = $1
    """
    await db.execute(sql, request_id, by, reason, business_now())


class _Found(msgspec.Struct, frozen=True):
    id: SaleRequestId


async def list_overdue_sale_requests(before: datetime, limit: int = 100) -> list[SaleRequestId]:
    """What has waited since before then, the oldest first."""
    sql = """
        SELECT id FROM purchase_refund_request WHERE state = 'WAITING' AND created_at <= $1
            AND coalesce(next_attempt_at, $2) <= $2
        ORDER BY created_at LIMIT $3
    """
    rows = await db.fetch_all(_Found, sql, before, system_now(), limit)
    return [row.id for row in rows]


async def expire_sale_request(request_id: SaleRequestId) -> bool:
    """False if it was decided a moment before."""
    sql = """
        UPDATE purchase_refund_request SET state = 'EXPIRED', decided_at = $2
        WHERE id = $1 AND state = 'WAITING'
    """
    return bool(await db.execute(sql, request_id, business_now()))


async def postpone_sale_expiry(request_id: SaleRequestId, error: str) -> None:
    sql = f"""
        UPDATE purchase_refund_request SET attempts = attempts + 1, last_error = $2,
            next_attempt_at = $3::timestamptz + {BACKOFF}
        WHERE id = $1
    """  # noqa: S608 - texts of ours
    await db.execute(sql, request_id, error[:500], system_now())
