"""Views of agents' pages: how they become rows, and what creators see of them."""

from collections.abc import AsyncIterator
from datetime import timedelta

import asyncpg
import pytest

from chenu.agents.funnel import list_funnels
from chenu.agents.rows import AgentRow
from chenu.agents.views import count_view, store_views
from chenu.core import db
from chenu.core.clock import business_now
from chenu.flows.services import Services
from tests.agents.shelf import open_shop, shelve
from tests.flows.sales import buy, open_market
from tests.people import get_agent
from tests.rows import put


@pytest.fixture
async def empty(services: Services) -> AsyncIterator[Services]:
    """Nothing is counted before and after."""
    await services.tallies.take("agent_views")
    yield services
    await services.tallies.take("agent_views")


@pytest.fixture
async def row(empty: Services) -> AgentRow:
    return await get_agent(await shelve(await open_shop(), "Trieur"))


async def _counted(services: Services) -> int:
    await store_views(services.tallies)
    return int(await db.fetch_value("SELECT coalesce(sum(views), 0) FROM agent_view_day"))


async def test_views_of_one_day_add_up_in_one_row(empty: Services, row: AgentRow) -> None:
    await count_view(empty.tallies, row.id)
    await store_views(empty.tallies)
    await count_view(empty.tallies, row.id)
    await count_view(empty.tallies, row.id)

    assert await store_views(empty.tallies) == 1
    assert await db.fetch_value("SELECT views FROM agent_view_day") == 3
    assert await store_views(empty.tallies) == 0


async def test_what_cannot_be_stored_stays_counted(empty: Services, row: AgentRow) -> None:
    member = f"{business_now().date()} {row.id}"
    await empty.tallies.put_back("agent_views", {member: -5})

    with pytest.raises(asyncpg.CheckViolationError):
        await store_views(empty.tallies)

    assert await empty.tallies.take("agent_views") == {member: -5}


async def test_views_of_an_agent_that_is_gone_are_dropped(empty: Services, row: AgentRow) -> None:
    await count_view(empty.tallies, row.id)
    await db.execute("UPDATE agent SET current_version = NULL")
    await db.execute("DELETE FROM agent_version")
    await db.execute("DELETE FROM agent")

    assert await _counted(empty) == 0


async def test_a_creator_sees_views_sales_and_conversion_of_three_periods(
    empty: Services,
) -> None:
    market = await open_market(empty)
    await buy(empty, market)
    for _ in range(4):
        await count_view(empty.tallies, market.agent.id)
    await store_views(empty.tallies)
    sql = """
        INSERT INTO agent_view_day (id, agent, day, views, stored_at)
        VALUES (gen_random_uuid(), $1, $2::date - 6, 6, now()),
            (gen_random_uuid(), $1, $2::date - 30, 90, now())
    """
    await db.execute(sql, market.agent.id, business_now().date())
    assert market.agent.creator_id is not None

    today, week, month = await list_funnels(market.agent.creator_id)

    assert (today.views, today.sales, today.conversion_rate) == (4, 1, 0.25)
    assert (week.views, week.sales, week.conversion_basis_points) == (10, 1, 1000)
    assert month.views == 10
    assert (month.refunds, month.refunded) == (0, 0)


async def test_a_sale_of_before_is_in_the_longer_period_alone(empty: Services) -> None:
    market = await open_market(empty)
    await buy(empty, market)
    await put("purchase", "paid_at", business_now() - timedelta(days=6))
    assert market.agent.creator_id is not None

    today, week, _ = await list_funnels(market.agent.creator_id)

    assert (today.sales, today.conversion_rate, week.sales) == (0, None, 1)
