"""Whose visit of an agent's page counts as a view, and where its creator sees it."""

from collections.abc import AsyncIterator

import httpx
import pytest

from chenu.agents.rows import AgentRow
from chenu.agents.views import count_view, store_views
from chenu.core import db
from chenu.flows.services import Services
from tests.agents.shelf import open_shop, shelve
from tests.flows.sales import buy, open_market
from tests.people import get_agent
from tests.rows import put
from tests.storefront.browser import Browser

FIREFOX = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}


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


async def test_a_browser_that_shows_the_page_counts_once_each_time(
    client: httpx.AsyncClient, empty: Services, row: AgentRow
) -> None:
    for _ in range(3):
        await client.get(f"/agents/{row.slug}", headers=FIREFOX)

    assert await _counted(empty) == 3
    assert await db.fetch_value("SELECT count(*) FROM agent_view_day") == 1


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("", {"user-agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"}),
        ("", {"user-agent": "curl/8.1"}),
        ("", {"user-agent": ""}),
        ("", FIREFOX | {"sec-purpose": "prefetch"}),
        (".md", FIREFOX),
        ("/versions", FIREFOX),
    ],
    ids=["bot", "curl", "nothing said", "in advance", "markdown", "another part"],
)
async def test_what_is_no_view_does_not_count(
    client: httpx.AsyncClient,
    empty: Services,
    row: AgentRow,
    path: str,
    headers: dict[str, str],
) -> None:
    await client.get(f"/agents/{row.slug}{path}", headers=headers)

    assert await _counted(empty) == 0


async def test_the_maker_s_own_visits_do_not_count(
    client: httpx.AsyncClient, empty: Services, browser: Browser
) -> None:
    shop = await open_shop()
    row = await get_agent(await shelve(shop, "Trieur"))
    client.headers.update(FIREFOX)

    await browser.become(shop.owner).get(f"/agents/{row.slug}")

    assert await _counted(empty) == 0


async def test_the_desk_shows_the_three_periods(empty: Services, browser: Browser) -> None:
    market = await open_market(empty)
    await put("app_user", "locale", "en")
    await buy(empty, market)
    await count_view(empty.tallies, market.agent.id)
    await store_views(empty.tallies)

    desk = await browser.become(market.creator).get("/creator")

    assert "Today 1 1 100% 0" in desk.words
    assert "30 days 1 1 100% 0" in desk.words
