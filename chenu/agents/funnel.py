"""What became of the views of a creator's agents: sales and refunds, by days of UTC."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta

import msgspec

from chenu.agents.model import CreatorId
from chenu.agents.views import sum_views
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.money import WHOLE, Cents

WINDOWS = (1, 7, 30)
"""In days, today included."""


class Funnel(msgspec.Struct, frozen=True):
    """`sales` are settled purchases, free ones included; `refunded` is in cents."""

    days: int
    views: int
    sales: int
    refunds: int
    refunded: Cents

    @property
    def conversion_rate(self) -> float | None:
        """Sales for each view; None without views, and never above 1: not every way to a
        purchase shows the page.
        """
        return min(1.0, self.sales / self.views) if self.views else None

    @property
    def conversion_basis_points(self) -> int | None:
        rate = self.conversion_rate
        return None if rate is None else round(rate * WHOLE)


class _Sales(msgspec.Struct, frozen=True):
    sales: int
    refunds: int
    refunded: Cents


async def list_funnels(creator_id: CreatorId) -> Sequence[Funnel]:
    """One for each window, the shortest first."""
    return await asyncio.gather(*(_find(creator_id, days) for days in WINDOWS))


async def _find(creator_id: CreatorId, days: int) -> Funnel:
    first = business_now().date() - timedelta(days=days - 1)
    views = await sum_views(creator_id, days)
    sold = await _find_sales(creator_id, datetime.combine(first, time(), UTC))
    return Funnel(days, views, sold.sales, sold.refunds, sold.refunded)


async def _find_sales(creator_id: CreatorId, since: datetime) -> _Sales:
    """A refund counts on the day on which it was made, whenever its sale was."""
    sql = """
        SELECT sold.sales, given.refunds, given.refunded
        FROM (SELECT count(*) AS sales FROM purchase
            WHERE creator = $1 AND paid_at >= $2) sold
        CROSS JOIN (SELECT count(*) AS refunds, coalesce(sum(amount), 0)::bigint AS refunded
            FROM purchase_refund refund JOIN purchase ON purchase.id = refund.purchase
            WHERE purchase.creator = $1 AND refund.state = $3 AND refund.settled_at >= $2) given
    """
    found = await db.find_one(_Sales, sql, creator_id, since, "SETTLED")
    assert found is not None  # noqa: S101 - counts have always a row
    return found
