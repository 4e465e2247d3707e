"""What each table of orders has in the same columns: its payment page, and questions about it.

An order is PENDING until it is known what became of its page; times here are system time.
"""

from datetime import datetime, timedelta
from typing import Generic, TypeVar, cast
from uuid import UUID

import msgspec

from chenu.core import db
from chenu.core.clock import system_now

Id = TypeVar("Id", bound=UUID)


class _Row(msgspec.Struct, frozen=True):
    id: UUID


class OrderPages(msgspec.Struct, Generic[Id], frozen=True):
    """Of the orders in `table`."""

    table: str

    async def record_page(
        self, order_id: Id, session_id: str, url: str | None, expires_at: datetime
    ) -> None:
        """Only once: an order has one page, whose URL does not change."""
        sql = f"""
            UPDATE {self.table} SET checkout_session_id = $2, checkout_url = $3,
                checkout_expires_at = $4, updated_at = $5
            WHERE id = $1 AND checkout_session_id IS NULL
        """  # noqa: S608 - own table
        await db.execute(sql, order_id, session_id, url, expires_at, system_now())

    async def claim_question(self, order_id: Id, every: timedelta) -> bool:
        """Whether Stripe may be asked about it: once in that time, for all who want to know."""
        sql = f"""
            UPDATE {self.table} SET stripe_asked_at = $2
            WHERE id = $1 AND (stripe_asked_at IS NULL OR stripe_asked_at <= $3)
        """  # noqa: S608 - own table
        now = system_now()
        return bool(await db.execute(sql, order_id, now, now - every))

    async def list_pending(self, before: datetime, *, after: Id, limit: int = 200) -> list[Id]:
        """Pending and unchanged since then, in pages ordered by id, after `after`."""
        sql = f"""
            SELECT id FROM {self.table}
            WHERE status = 'PENDING' AND updated_at < $1 AND id > $2 ORDER BY id LIMIT $3
        """  # noqa: S608 - own table
        rows = await db.fetch_all(_Row, sql, before, after, limit)
        return [cast("Id", row.id) for row in rows]
