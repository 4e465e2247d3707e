"""Movements of MRR: written when an account's MRR changes, and listed."""

from datetime import datetime
from uuid import UUID

import msgspec

from chenu.accounts.actor import AccountId
from chenu.analytics.model import MovementKind
from chenu.analytics.tables import MrrMovement
from chenu.core import db
from chenu.core.ids import new_id
from chenu.core.money import Cents
from chenu.core.months import Month
from chenu.core.paged_rows import fetch_page
from chenu.core.paging import Page, PageRequest, by_time
from chenu.core.rows import Columns

_RECORD = """
    INSERT INTO mrr_movement (id, account, state, source, source_kind, kind, mrr_before, mrr_after,
        gross_before, gross_after, cohort, moved_at)
    SELECT $2, c.account, c.id, c.source, c.kind,
        mrr_kind(last.cohort IS NOT NULL, last.mrr, last.mrr + c.net, c.gross),
        last.mrr, last.mrr + c.net, last.gross, last.gross + c.gross,
        coalesce(last.cohort, CASE WHEN last.mrr + c.net > 0 THEN utc_month(c.changed_at) END),
        c.changed_at
    FROM (SELECT * FROM recurring_change WHERE account = $1 ORDER BY id DESC LIMIT 1) newest
    JOIN mrr_change c ON c.id = newest.id AND c.account = $1
    LEFT JOIN LATERAL (SELECT state, mrr_after, gross_after, cohort FROM mrr_movement
        WHERE account = $1 ORDER BY state DESC LIMIT 1) m ON true
    CROSS JOIN LATERAL (SELECT coalesce(m.mrr_after, 0) AS mrr, coalesce(m.gross_after, 0) AS gross,
        m.cohort) last
    WHERE m.state IS NULL OR m.state < c.id
"""


async def record_movement(account_id: AccountId) -> None:
    """What the account's newest change makes of its MRR; again, or without a change, nothing.

    In the transaction that stores the subscription or contract, which makes the changes of one
    account come one after the other (billing/recurring_states.py).
    """
    await db.execute(_RECORD, account_id, new_id())


class MovementRow(msgspec.Struct, frozen=True):
    """Cents of the account's MRR before and after, net and gross of discounts.

    `source` is the subscription or, where `source_kind` is CONTRACT, the contract that changed.
    """

    id: UUID
    account_id: AccountId
    source: UUID
    source_kind: str
    kind: MovementKind
    mrr_before: Cents
    mrr_after: Cents
    gross_before: Cents
    gross_after: Cents
    moved_at: datetime

    @property
    def change(self) -> Cents:
        return Cents(self.mrr_after - self.mrr_before)


_MOVEMENTS = Columns(MovementRow, MrrMovement, account_id="account")
_MOVEMENT = f"SELECT {_MOVEMENTS.select()} FROM mrr_movement"  # noqa: S608 - own columns
_NEWEST_FIRST = by_time("moved_at", "id")


async def list_movements(
    month: Month, kind: MovementKind | None, page: PageRequest
) -> Page[MovementRow]:
    """The rows behind a month's sums, newest first."""
    condition, values = "moved_at >= $1 AND moved_at < $2", [month.start, month.end]
    if kind is None:
        return await fetch_page(
            MovementRow, _MOVEMENT, condition, *values, page=page, order=_NEWEST_FIRST
        )
    condition += " AND kind = $3"
    return await fetch_page(
        MovementRow, _MOVEMENT, condition, *values, kind, page=page, order=_NEWEST_FIRST
    )


async def list_account_movements(account_id: AccountId, page: PageRequest) -> Page[MovementRow]:
    """Of one customer, newest first."""
    return await fetch_page(
        MovementRow, _MOVEMENT, "account = $1", account_id, page=page, order=_NEWEST_FIRST
    )
