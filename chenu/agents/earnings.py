"""A creator's earnings, computed from the payments."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from chenu.agents.model import CreatorId
from chenu.core import db
from chenu.core.money import Cents


@dataclass(frozen=True, slots=True)
class DayNet:
    day: date
    net: Cents


@dataclass(frozen=True, slots=True)
class Earnings:
    """gross is what buyers paid; net is the creator's share after refunds. Cents."""

    gross: Cents
    refunded: Cents
    platform_fee: Cents
    net: Cents
    sales: int
    series: Sequence[DayNet]


@dataclass(frozen=True, slots=True)
class _Totals:
    gross: Cents
    refunded: Cents
    platform_fee: Cents
    net: Cents
    sales: int


# A refund reverses the creator's share in the same proportion as the payment.
_NET = "creator_share - creator_share * refunded / nullif(gross - discount, 0)"


async def get_earnings(creator_id: CreatorId, start: date | None, end: date | None) -> Earnings:
    """For the days from `start` to `end`, both included, UTC; None means no bound."""
    window = """
        creator = $1 AND ($2::date IS NULL OR paid_at >= $2::date)
        AND ($3::date IS NULL OR paid_at < $3::date + 1)
    """
    totals = await db.find_one(
        _Totals,
        f"""
        SELECT coalesce(sum(gross - discount), 0)::bigint AS gross,
            coalesce(sum(refunded), 0)::bigint AS refunded,
            coalesce(sum(platform_share), 0)::bigint AS platform_fee,
            coalesce(sum({_NET}), 0)::bigint AS net, count(*) AS sales
        FROM purchase_payment WHERE {window}
        """,  # noqa: S608 - own fragments
        creator_id,
        start,
        end,
    )
    series = await db.fetch_all(
        DayNet,
        f"""
        SELECT paid_at::date AS day, sum({_NET})::bigint AS net
        FROM purchase_payment WHERE {window} GROUP BY 1 ORDER BY 1 LIMIT 1000
        """,  # noqa: S608 - own fragments
        creator_id,
        start,
        end,
    )
    if totals is None:
        raise RuntimeError("an aggregate returned no row")
    return Earnings(
        totals.gross, totals.refunded, totals.platform_fee, totals.net, totals.sales, series
    )
