"""The home page's shelves: what staff chose, with order and dates, and what is new and rising."""

from datetime import timedelta

import pytest

from chenu.accounts.actor import Staff
from chenu.agents.facets import count_facets
from chenu.agents.featured import (
    FeatureInput,
    feature_agent,
    list_featured,
    list_featured_agents,
    list_featured_cards,
    list_rising_agents,
    list_rising_cards,
    unfeature_agent,
)
from chenu.agents.model import AgentKind, AgentStatus
from chenu.agents.search import list_cards
from chenu.agents.search_query import AgentFilter, AgentQuery, AgentSort
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.errors import ChenuError, Forbidden, NotFound
from chenu.core.paging import PageRequest
from chenu.flows.services import Services
from tests.agents.shelf import Shop, open_shop, shelve
from tests.people import Person, get_agent, make_person
from tests.rows import put


def chosen(slug: str, place: int = 1, **changes: object) -> FeatureInput:
    wanted = {"starts_at": None, "ends_at": None, "reason": "Good work.", **changes}
    return FeatureInput(slug=slug, place=place, **wanted)  # type: ignore[arg-type]


@pytest.fixture
async def reviewer(services: Services) -> Person:
    return await make_person("reviewer", staff=(Staff.REVIEWER,))


@pytest.fixture
async def shop(services: Services) -> Shop:
    return await open_shop()


async def _slug(shop: Shop, name: str, **columns: object) -> str:
    return (await get_agent(await shelve(shop, name, **columns))).slug  # type: ignore[arg-type]


async def _shown() -> list[str]:
    return [card.name for card in await list_featured_cards("fr")]


async def test_places_order_the_shelf_and_a_second_choice_moves_an_agent(
    reviewer: Person, shop: Shop
) -> None:
    first, second = await _slug(shop, "Alpha"), await _slug(shop, "Beta")
    await feature_agent(reviewer.actor, chosen(first, 1))
    await feature_agent(reviewer.actor, chosen(second, 2))
    assert await _shown() == ["Alpha", "Beta"]

    await feature_agent(reviewer.actor, chosen(first, 3))

    assert await _shown() == ["Beta", "Alpha"]
    assert [agent.name for agent in await list_featured_agents()] == ["Beta", "Alpha"]


async def test_only_what_has_begun_has_not_ended_and_is_on_sale_is_shown(
    reviewer: Person, shop: Shop
) -> None:
    now = business_now()
    later, over = await _slug(shop, "Later"), await _slug(shop, "Over")
    gone = await _slug(shop, "Gone")
    tomorrow, yesterday = now + timedelta(days=1), now - timedelta(days=1)
    await feature_agent(reviewer.actor, chosen(later, starts_at=tomorrow))
    week = now - timedelta(days=7)
    await feature_agent(reviewer.actor, chosen(over, starts_at=week, ends_at=yesterday))
    await feature_agent(reviewer.actor, chosen(gone))
    await put("agent", "status", AgentStatus.ARCHIVED, "slug = $2", gone)

    assert await _shown() == []
    assert [item.is_shown(now) for item in await list_featured()] == [False] * 3


async def test_a_choice_and_its_end_are_written_down_with_their_reasons(
    reviewer: Person, shop: Shop
) -> None:
    agent = await get_agent(await shelve(shop, "Alpha"))
    await feature_agent(reviewer.actor, chosen(agent.slug))

    await unfeature_agent(reviewer.actor, agent.id, "Enough.")
    await unfeature_agent(reviewer.actor, agent.id, "Again.")

    sql = "SELECT string_agg(action || ' ' || (detail ->> 'reason'), ', ' ORDER BY id)"
    written = await db.fetch_value(f"{sql} FROM audit_event WHERE action LIKE 'agent.%feature'")
    assert written == "agent.feature Good work., agent.unfeature Enough."
    assert await _shown() == []


@pytest.mark.parametrize(
    "changes",
    [
        {"place": 0},
        {"place": 100},
        {"reason": " "},
        {"ends_at": business_now() - timedelta(days=1)},
    ],
    ids=["no place", "far place", "no reason", "ended before"],
)
async def test_what_makes_no_sense_is_refused(
    reviewer: Person, shop: Shop, changes: dict[str, object]
) -> None:
    slug = await _slug(shop, "Alpha")

    with pytest.raises(ChenuError):
        await feature_agent(reviewer.actor, chosen(slug, **changes))  # type: ignore[arg-type]

    assert await list_featured() == []


async def test_private_agents_are_not_chosen_and_others_choose_nothing(
    reviewer: Person, shop: Shop
) -> None:
    private = await _slug(shop, "Privé", kind=AgentKind.CUSTOM)

    with pytest.raises(NotFound):
        await feature_agent(reviewer.actor, chosen(private))
    with pytest.raises(Forbidden):
        await feature_agent(shop.owner.actor, chosen(private))


async def test_new_agents_rise_by_the_accounts_that_have_them(shop: Shop) -> None:
    now = business_now()
    await shelve(shop, "Old", installs=99, published_at=now - timedelta(days=31))
    await shelve(shop, "Unknown", installs=0)
    await shelve(shop, "Some", installs=2)
    await shelve(shop, "Many", installs=5)

    assert [card.name for card in await list_rising_cards("fr")] == ["Many", "Some"]
    assert [agent.name for agent in await list_rising_agents()] == ["Many", "Some"]
    query = AgentQuery(filter=AgentFilter(is_rising=True), sort=AgentSort.POPULAR)
    found = await list_cards(query, PageRequest(size=9), "fr")
    assert [hit.card.name for hit in found.rows] == ["Many", "Some"]
    assert (await count_facets(query)).total == 2
