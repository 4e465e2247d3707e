"""A creator's earnings, computed from the payments: in all, by day, by agent, payment by payment.

A refund counts on the day of its payment, so that a day's sums stay those of its sales.
"""

from collections.abc import Sequence
from datetime import date, datetime

import msgspec

from chenu.agents.model import AgentId, CreatorId, PaymentId, PurchaseId
from chenu.core import db
from chenu.core.money import Cents
from chenu.core.months import Month
from chenu.core.paged_rows import fetch_page
from chenu.core.paging import Page, PageRequest, by_id, by_time


class DayNet(msgspec.Struct, frozen=True):
    day: date
    net: Cents


class Earnings(msgspec.Struct, frozen=True):
    """gross - refunded = tax + platform_fee + net, in cents; all but gross after refunds.

    gross is what buyers paid, net the creator's share.
    """

    gross: Cents
    refunded: Cents
    tax: Cents
    platform_fee: Cents
    net: Cents
    sales: int
    series: Sequence[DayNet]


class _Totals(msgspec.Struct, frozen=True):
    gross: Cents
    refunded: Cents
    tax: Cents
    platform_fee: Cents
    net: Cents
    sales: int


class AgentEarnings(msgspec.Struct, frozen=True):
    """As Earnings, of one agent."""

    agent_id: AgentId
    gross: Cents
    refunded: Cents
    tax: Cents
    platform_fee: Cents
    net: Cents
    sales: int


# A refund takes of the creator's share and of the tax in the same proportion as of the payment,
# rounded down, and the rest of the platform's share: chenu/agents/refund_split.py.
_GONE = "(refunded + disputed)"
"""What went back to buyers, and what their banks took."""
_NET = f"(creator_share - coalesce(creator_share * {_GONE} / nullif(gross - discount, 0), 0))"
_TAX = f"(tax - coalesce(tax * {_GONE} / nullif(gross - discount, 0), 0))"
_SUMS = f"""
    coalesce(sum(gross - discount), 0)::bigint AS gross,
    coalesce(sum({_GONE}), 0)::bigint AS refunded,
    coalesce(sum({_TAX}), 0)::bigint AS tax,
    coalesce(sum(gross - discount - {_GONE} - {_TAX} - {_NET}), 0)::bigint AS platform_fee,
    coalesce(sum({_NET}), 0)::bigint AS net, count(*) AS sales
"""
_WINDOW = """
    payment.creator = $1 AND ($2::date IS NULL OR payment.paid_at >= $2::date)
    AND ($3::date IS NULL OR payment.paid_at < $3::date + 1)
"""


async def get_earnings(creator_id: CreatorId, start: date | None, end: date | None) -> Earnings:
    """For the days from `start` to `end`, both included, UTC; None means no bound."""
    args = (creator_id, start, end)
    sql = f"SELECT {_SUMS} FROM purchase_payment payment WHERE {_WINDOW}"  # noqa: S608 - own fragments
    totals = await db.find_one(_Totals, sql, *args)
    series = await db.fetch_all(
        DayNet,
        f"""
        SELECT paid_at::date AS day, sum({_NET})::bigint AS net
        FROM purchase_payment payment WHERE {_WINDOW} GROUP BY 1 ORDER BY 1 LIMIT 1000
        """,  # noqa: S608 - own fragments
        *args,
    )
    if totals is None:
        raise RuntimeError("an aggregate returned no row")
    return Earnings(
        totals.gross,
        totals.refunded,
        totals.tax,
        totals.platform_fee,
        totals.net,
        totals.sales,
        series,
    )


async def list_agent_earnings(
    creator_id: CreatorId, month: Month, page: PageRequest
) -> Page[AgentEarnings]:
    """Of the agents that sold in this month, the newest agent first."""
    select = f"""
        SELECT * FROM (SELECT purchase.agent AS agent_id, {_SUMS}
            FROM purchase_payment payment JOIN purchase ON purchase.id = payment.purchase
            WHERE payment.creator = $1 AND payment.paid_at >= $2 AND payment.paid_at < $3
            GROUP BY purchase.agent) sold
    """  # noqa: S608 - own fragments
    bounds = (creator_id, month.start, month.end)
    order = by_id("agent_id")
    return await fetch_page(AgentEarnings, select, "true", *bounds, page=page, order=order)


class SoldPayment(msgspec.Struct, frozen=True):
    """A payment of a sale as its creator sees it: nothing about the buyer. Cents."""

    id: PaymentId
    purchase_id: PurchaseId
    agent_id: AgentId
    paid_at: datetime
    gross: Cents
    discount: Cents
    tax: Cents
    creator_share: Cents
    platform_share: Cents
    refunded: Cents
    net: Cents
    split_rule: str
    stripe_transfer_id: str | None


async def list_sold_payments(
    creator_id: CreatorId, month: Month, page: PageRequest
) -> Page[SoldPayment]:
    """Of this month, the newest first."""
    select = f"""
        SELECT * FROM (SELECT payment.id, payment.purchase AS purchase_id,
                purchase.agent AS agent_id, payment.paid_at, gross, discount, tax, creator_share,
                platform_share, {_GONE} AS refunded, {_NET}::bigint AS net,
                payment.split_rule, payment.stripe_transfer_id
            FROM purchase_payment payment JOIN purchase ON purchase.id = payment.purchase
            WHERE payment.creator = $1 AND payment.paid_at >= $2 AND payment.paid_at < $3) sold
    """  # noqa: S608 - own fragments
    bounds = (creator_id, month.start, month.end)
    order = by_time("paid_at", "id")
    return await fetch_page(SoldPayment, select, "true", *bounds, page=page, order=order)


async def find_first_sale(creator_id: CreatorId) -> datetime | None:
    sql = "SELECT min(paid_at) FROM purchase_payment WHERE creator = $1"
    found: datetime | None = await db.fetch_value(sql, creator_id)
    return found
