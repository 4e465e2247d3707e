"""How the fields of a creator are resolved; earnings are for the creator and staff."""

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Annotated, Any

import strawberry

from chenu.accounts.actor import Staff
from chenu.agents.counts import count_own_agents, count_sales
from chenu.agents.earnings import Earnings, get_earnings
from chenu.agents.funnel import Funnel, list_funnels
from chenu.agents.model import CreatorId
from chenu.agents.purchases import list_sales
from chenu.agents.queries import list_own_agents
from chenu.agents.rows import CreatorRow
from chenu.agents.search_query import AgentFilter, AgentQuery, AgentSort
from chenu.core.errors import BadInput
from chenu.core.paging import Page
from chenu.core.staleness import ReadKind
from chenu_graphql.agent_columns import find_shown
from chenu_graphql.agent_lists import load_agent_page
from chenu_graphql.connection import (
    After,
    Before,
    ConnectionSource,
    First,
    Last,
    PageArguments,
    by_row_id,
    read_page,
)
from chenu_graphql.context import Context, Info
from chenu_graphql.fields import Weight, argument, field
from chenu_graphql.ids import public_id
from chenu_graphql.money import Money
from chenu_graphql.nodes import register_node
from chenu_graphql.permissions import PARENT, is_own_profile
from chenu_graphql.sales import SaleSource

_Source = strawberry.Parent[CreatorRow]


@strawberry.type(description="An amount of one day.")
class MoneyPoint:
    day: date = field("The day, UTC.", PARENT, name="date")
    net: Money = field("That day's amount.", PARENT, name="amount")


@strawberry.type(description="What a creator earned, from the payments themselves.")
class CreatorEarnings:
    gross: Money = field("What buyers paid.", PARENT)
    refunded: Money = field("What they were given back.", PARENT)
    platform_fee: Money = field("The platform's share.", PARENT)
    net: Money = field("The creator's share, after refunds.", PARENT)
    sales: int = field("How many payments.", PARENT)
    series: list[MoneyPoint] = field(
        "The net of each day that has a payment.", PARENT, weight=Weight(size=30)
    )


@strawberry.type(
    description="What became of the views of a creator's agents in the last days, in UTC."
)
class CreatorFunnel:
    days: int = field("1: today; 7 and 30: so many days, today included.", PARENT)
    views: int = field(
        "How often pages of the agents were shown to others; programs that say so do not count.",
        PARENT,
    )
    sales: int = field("Settled purchases, free ones included.", PARENT)
    conversion_rate: float | None = field("Sales for each view; null without views.", PARENT)
    refunds: int = field("How many refunds were made.", PARENT)
    refunded: Money = field("What they gave back.", PARENT)


async def resolve_funnels(root: _Source, info: Info) -> Sequence[Funnel]:
    return await info.context.read_stale(ReadKind.FIGURES, list_funnels, root.id)


def resolve_id(root: _Source) -> strawberry.ID:
    return public_id("Creator", root.id)


async def page_agents(
    root: _Source,
    info: Info,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> ConnectionSource[Any]:
    ctx, sent = info.context, PageArguments(first, after, last, before)
    is_own = is_own_profile(ctx, root)
    if not (is_own or ctx.actor.has_staff(Staff.REVIEWER)):
        query = AgentQuery(filter=AgentFilter(creator=root.handle), sort=AgentSort.NEWEST)
        cursors = ctx.cursors.of_list("creator", root.id)
        return await load_agent_page(ctx, cursors, query, sent, find_shown(info))
    if not is_own:
        ctx.reading.record_staff_read("agents", root.id)
    cursors = ctx.cursors.of_list("own agents", root.id)
    rows = await list_own_agents(root.id, read_page(cursors, sent))
    return ConnectionSource(cursors, rows, by_row_id, partial(count_own_agents, root.id))


From = Annotated[date | None, argument("The first day, UTC; null: since ever.", name="from")]
To = Annotated[date | None, argument("The last day, UTC; null: until now.", name="to")]


async def resolve_earnings(
    root: _Source, info: Info, start: From = None, end: To = None
) -> Earnings:
    if start is not None and end is not None and start > end:
        raise BadInput("The first day is after the last", path=("from",))
    return await info.context.read_stale(ReadKind.FIGURES, get_earnings, root.id, start, end)


async def page_sales(
    root: _Source,
    info: Info,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> ConnectionSource[SaleSource]:
    cursors = info.context.cursors.of_list("sales", root.id)
    page = read_page(cursors, PageArguments(first, after, last, before))
    found = await list_sales(root.id, page)
    sales = [SaleSource(row) for row in found.rows]
    shown = Page(sales, found.has_next, found.has_previous)
    return ConnectionSource(cursors, shown, by_row_id, partial(count_sales, root.id))


def onboarding_url(ctx: Context, creator: CreatorRow) -> str | None:
    """Our own page, which creates Stripe's single-use link when it is opened."""
    if creator.payouts_ready or not is_own_profile(ctx, creator):
        return None
    return ctx.services.url("/creator/onboarding")


def resolve_onboarding_url(root: _Source, info: Info) -> str | None:
    return onboarding_url(info.context, root)


async def _find(ctx: Context, row_id: CreatorId) -> CreatorRow | None:
    return await ctx.stale_loaders.creators.load(row_id)


register_node("Creator", (CreatorRow,), _find)
