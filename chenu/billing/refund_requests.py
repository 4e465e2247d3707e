"""Decisions to return something of a plan's charge: who asked, who agreed, what became of it."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

import msgspec

from chenu.accounts.actor import AccountId, UserId
from chenu.billing.invoice_tables import InvoiceRefundRequest
from chenu.billing.invoices import InvoiceId
from chenu.core import db
from chenu.core.backoff import BACKOFF
from chenu.core.clock import business_now, system_now
from chenu.core.errors import NotFound
from chenu.core.money import Cents
from chenu.core.paged_rows import fetch_page
from chenu.core.paging import Page, PageRequest
from chenu.core.rows import Columns

RefundRequestId = NewType("RefundRequestId", UUID)


class RefundOrigin(StrEnum):
    STAFF = "STAFF"
    WITHDRAWAL = "WITHDRAWAL"
    BUYER = "BUYER"
    SECOND_PLAN = "SECOND_PLAN"


class RefundRequestState(StrEnum):
    """WAITING for a second person; APPROVED: Stripe is asked; SETTLED: it is on its way back.

    EXPIRED: nobody has decided in time.
    """

    WAITING = "WAITING"
    APPROVED = "APPROVED"
    SETTLED = "SETTLED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    FAILED = "FAILED"


class RefundRequestRow(msgspec.Struct, frozen=True):
    id: RefundRequestId
    invoice_id: InvoiceId
    payment_id: UUID
    account_id: AccountId
    amount: Cents
    reason: str
    origin: RefundOrigin
    state: RefundRequestState
    requested_by: UserId | None
    decided_by: UserId | None
    decision_reason: str | None
    created_at: datetime
    decided_at: datetime | None

    @property
    def is_waiting(self) -> bool:
        return self.state is RefundRequestState.WAITING

    @property
    def is_of_one_person(self) -> bool:
        """Staff's own choice, to which nobody else has agreed."""
        return self.origin is RefundOrigin.STAFF and self.decided_by is None


_REQUESTS = Columns(
    RefundRequestRow,
    InvoiceRefundRequest,
    invoice_id="invoice",
    payment_id="payment",
    account_id="account",
)
_REQUEST = f"SELECT {_REQUESTS.select()} FROM invoice_refund_request"  # noqa: S608 - own columns


async def insert_refund_request(row: RefundRequestRow) -> None:
    """The caller holds the lock of the charge's refunds."""
    await _REQUESTS.insert(row)


async def get_refund_request(
    request_id: RefundRequestId, *, lock: bool = False
) -> RefundRequestRow:
    """Raises NotFound. `lock` holds the row until the transaction ends."""
    suffix = " FOR NO KEY UPDATE" if lock else ""
    found = await db.find_one(RefundRequestRow, f"{_REQUEST} WHERE id = $1{suffix}", request_id)
    if found is None:
        raise NotFound("There is no such refund")
    return found


async def list_refund_requests(invoice_ids: Sequence[InvoiceId]) -> list[RefundRequestRow]:
    """The oldest first."""
    sql = f"{_REQUEST} WHERE invoice = ANY($1) ORDER BY id LIMIT 1000"
    return await db.fetch_all(RefundRequestRow, sql, list(invoice_ids))


async def list_waiting_requests(page: PageRequest) -> Page[RefundRequestRow]:
    """What waits for a second person, the newest first."""
    return await fetch_page(RefundRequestRow, _REQUEST, "state = 'WAITING'", page=page)


class _Promised(msgspec.Struct, frozen=True):
    payment_id: UUID
    amount: Cents


class _Found(msgspec.Struct, frozen=True):
    id: RefundRequestId


async def list_approved_requests(payment_id: UUID) -> list[RefundRequestId]:
    """What was agreed to of a charge and is not booked yet, the oldest first."""
    sql = """
        SELECT id FROM invoice_refund_request WHERE payment = $1 AND state = 'APPROVED' ORDER BY id
    """
    return [row.id for row in await db.fetch_all(_Found, sql, payment_id)]


async def sum_open_requests(payment_ids: Sequence[UUID]) -> dict[UUID, Cents]:
    """What is promised of each charge and not booked yet; one of which nothing is is missing."""
    sql = """
        SELECT payment AS payment_id, sum(amount)::bigint AS amount FROM invoice_refund_request
        WHERE payment = ANY($1) AND state IN ('WAITING', 'APPROVED') GROUP BY payment
    """
    rows = await db.fetch_all(_Promised, sql, list(payment_ids))
    return {row.payment_id: row.amount for row in rows}


async def sum_asked_by(person: UserId, account_id: AccountId, since: datetime) -> Cents:
    """What somebody of the staff asked to return to a customer, whatever Stripe made of it."""
    sql = """
        SELECT coalesce(sum(amount), 0)::bigint FROM invoice_refund_request
        WHERE requested_by = $1 AND account = $2 AND created_at > $3 AND origin = 'STAFF'
            AND state NOT IN ('REJECTED', 'EXPIRED')
    """
    return Cents(await db.fetch_value(sql, person, account_id, since))


async def list_overdue_requests(before: datetime, limit: int = 100) -> list[RefundRequestId]:
    """What has waited since before then, the oldest first."""
    sql = """
        SELECT id FROM invoice_refund_request WHERE state = 'WAITING' AND created_at <= $1
            AND coalesce(next_attempt_at, $2) <= $2
        ORDER BY created_at LIMIT $3
    """
    rows = await db.fetch_all(_Found, sql, before, system_now(), limit)
    return [row.id for row in rows]


async def expire_request(request_id: RefundRequestId) -> bool:
    """False if it was decided a moment before."""
    sql = """
        UPDATE invoice_refund_request SET state = 'EXPIRED', decided_at = $2
        WHERE id = $1 AND state = 'WAITING'
    """
    return bool(await db.execute(sql, request_id, business_now()))


async def postpone_expiry(request_id: RefundRequestId, error: str) -> None:
    sql = f"""
        UPDATE invoice_refund_request SET attempts = attempts + 1, last_error = $2,
            next_attempt_at = $3::timestamptz + {BACKOFF}
        WHERE id = $1
    """  # noqa: S608 - texts of ours
    await db.execute(sql, request_id, error[:500], system_now())


async def decide_request(
    request_id: RefundRequestId, state: RefundRequestState, by: UserId, reason: str | None
) -> None:
    sql = """
        UPDATE invoice_refund_request SET state = $2, decided_by = $3, decision_reason = $4,
            decided_at = $5 WHERE id = $1 AND state = 'WAITING'
    """
    await db.execute(sql, request_id, state, by, reason, business_now())


async def close_request(request_id: RefundRequestId, state: RefundRequestState) -> None:
    """What Stripe made of it: SETTLED or FAILED."""
    sql = "UPDATE invoice_refund_request SET state = $2 WHERE id = $1"
    await db.execute(sql, request_id, state)
