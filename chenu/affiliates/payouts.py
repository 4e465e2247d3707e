"""Payouts of affiliates: one row for each affiliate and month, whatever runs twice.

When they are made: chenu/flows/affiliates/payout_run.py. docs/money.md, "Payouts of affiliates".
"""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec

from chenu.accounts.actor import UserId
from chenu.affiliates.model import AffiliateId, AffiliateStatus, PayoutId, PayoutStatus
from chenu.affiliates.tables import AffiliatePayout
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.errors import NotFound
from chenu.core.money import Cents
from chenu.core.months import Month
from chenu.core.paged_rows import fetch_page
from chenu.core.paging import Page, PageRequest
from chenu.core.rows import Columns


class PayoutRow(msgspec.Struct, frozen=True):
    """`month` is its first day. `failure_reason` is Stripe's code; `number` is the statement's."""

    id: PayoutId
    affiliate_id: AffiliateId
    month: date
    amount: Cents
    status: PayoutStatus
    operation_id: UUID | None
    stripe_transfer_id: str | None
    failure_reason: str | None
    number: str | None
    created_at: datetime
    paid_at: datetime | None

    @property
    def calendar_month(self) -> Month:
        return Month(self.month.year, self.month.month)


_COLUMNS = Columns(PayoutRow, AffiliatePayout, affiliate_id="affiliate", operation_id="operation")
_SELECT = f"SELECT {_COLUMNS.select()} FROM affiliate_payout"  # noqa: S608 - own columns


async def find_payout(affiliate_id: AffiliateId, month: Month) -> PayoutRow | None:
    sql = f"{_SELECT} WHERE affiliate = $1 AND month = $2"
    return await db.find_one(PayoutRow, sql, affiliate_id, month.first_day)


async def get_payout(payout_id: PayoutId, *, lock: bool = False) -> PayoutRow:
    """Raises NotFound. `lock` locks the row until the transaction ends."""
    suffix = " FOR NO KEY UPDATE" if lock else ""
    found = await db.find_one(PayoutRow, f"{_SELECT} WHERE id = $1{suffix}", payout_id)
    if found is None:
        raise NotFound("There is no such payout")
    return found


async def find_payout_by_number(number: str) -> PayoutRow | None:
    return await db.find_one(PayoutRow, f"{_SELECT} WHERE number = $1", number)


async def list_payouts_by_id(ids: Sequence[PayoutId]) -> list[PayoutRow]:
    return await db.fetch_all(PayoutRow, f"{_SELECT} WHERE id = ANY($1)", list(ids))


async def list_payouts(affiliate_id: AffiliateId, page: PageRequest) -> Page[PayoutRow]:
    """The newest first."""
    return await fetch_page(PayoutRow, _SELECT, "affiliate = $1", affiliate_id, page=page)


async def count_payouts(affiliate_id: AffiliateId) -> int:
    sql = "SELECT count(*) FROM affiliate_payout WHERE affiliate = $1"
    return int(await db.fetch_value(sql, affiliate_id))


async def list_all_payouts(page: PageRequest) -> Page[PayoutRow]:
    """Of all affiliates, the newest first; for staff."""
    return await fetch_page(PayoutRow, _SELECT, "true", page=page)


async def list_payouts_of_month(month: Month) -> list[PayoutRow]:
    """Of all affiliates, the oldest first."""
    sql = f"{_SELECT} WHERE month = $1 ORDER BY id"
    return await db.fetch_all(PayoutRow, sql, month.first_day)


async def list_pending_of_member(user_id: UserId) -> list[PayoutId]:
    """Payouts of this person that are begun, and not transferred yet."""
    sql = """
        SELECT p.id FROM affiliate_payout p JOIN affiliate a ON a.id = p.affiliate
        WHERE a.member = $1 AND p.status = 'PENDING'
    """
    return [PayoutId(row["id"]) for row in await db.fetch_records(sql, user_id)]


async def insert_payout(row: PayoutRow) -> None:
    """Raises on a second one for the month: the caller holds the affiliate's lock."""
    await _COLUMNS.insert(row)


async def begin_again(payout_id: PayoutId, amount: Cents, operation_id: UUID) -> None:
    """Another attempt of a failed one, with what is due by now."""
    sql = """
        UPDATE affiliate_payout SET status = 'PENDING', amount = $2, operation = $3,
            failure_reason = NULL WHERE id = $1 AND status = 'FAILED'
    """
    await db.execute(sql, payout_id, amount, operation_id)


async def mark_payout_paid(payout_id: PayoutId, transfer_id: str, number: str) -> None:
    sql = """
        UPDATE affiliate_payout SET status = 'PAID', stripe_transfer_id = $2, number = $3,
            paid_at = $4, failure_reason = NULL WHERE id = $1
    """
    await db.execute(sql, payout_id, transfer_id, number, business_now())


async def mark_payout_failed(payout_id: PayoutId, reason: str) -> None:
    """Only one that waits: what is paid stays paid."""
    sql = """
        UPDATE affiliate_payout SET status = 'FAILED', failure_reason = $2
        WHERE id = $1 AND status = 'PENDING'
    """
    await db.execute(sql, payout_id, reason)


async def detach_commissions(payout_id: PayoutId) -> None:
    """What a failed payout would have paid is due again, for any later one."""
    sql = "UPDATE commission SET payout = NULL WHERE payout = $1 AND status = 'DUE'"
    await db.execute(sql, payout_id)


async def has_attached(payout_id: PayoutId) -> bool:
    sql = "SELECT EXISTS (SELECT 1 FROM commission WHERE payout = $1)"
    return bool(await db.fetch_value(sql, payout_id))


async def next_number(affiliate_id: AffiliateId, code: str) -> str:
    """AF-1A2B3C4D-0003: an affiliate's third statement. The caller holds the affiliate's lock, so
    that no number is lost or used twice.
    """
    sql = "SELECT count(number) + 1 FROM affiliate_payout WHERE affiliate = $1"
    place = int(await db.fetch_value(sql, affiliate_id))
    return f"AF-{code.removeprefix('CHENU')}-{place:04}"


def lock_name(affiliate_id: AffiliateId) -> str:
    """Of the lock under which an affiliate's payouts are begun and numbered, one by one."""
    return f"affiliate payouts:{affiliate_id}"


class Earner(msgspec.Struct, frozen=True):
    """An affiliate with commissions that no payout has yet; `due` is their sum, perhaps below
    zero.
    """

    affiliate_id: AffiliateId
    member: UserId
    status: AffiliateStatus
    due: Cents


async def list_earners(
    due_by: datetime, after: AffiliateId | None = None, *, limit: int = 500
) -> list[Earner]:
    """By the id of the affiliate, those after this one. What waits counts if its time is over."""
    sql = """
        SELECT a.id AS affiliate_id, a.member, a.status, sum(c.amount)::bigint AS due
        FROM commission c JOIN affiliate a ON a.id = c.affiliate
        WHERE c.payout IS NULL AND ($2::uuid IS NULL OR c.affiliate > $2)
            AND (c.status = 'DUE' OR (c.status = 'PENDING' AND c.due_at <= $1))
        GROUP BY a.id ORDER BY a.id LIMIT $3
    """
    return await db.fetch_all(Earner, sql, due_by, after, limit)
