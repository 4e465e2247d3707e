"""The store: pages, search, filters, facets, order; a fixed number of statements."""

from itertools import chain
from typing import Any

import httpx
import pytest

from chenu.core import db
from chenu.flows.services import Services
from tests.api.calls import Api, as_session, counted_statements
from tests.api.stock import NAMES, names, stock
from tests.people import (
    Person,
    make_creator,
    make_person,
    make_published_agent,
)

PAGE = """query($sort: AgentSort, $first: Int, $after: String, $last: Int, $before: String) {
    agents(sort: $sort, first: $first, after: $after, last: $last, before: $before) {
        totalCount
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
        edges { cursor node { name } }
    }
}"""

ORDERS = {
    "NEWEST": NAMES[::-1],
    "PRICE_ASC": NAMES,
    "PRICE_DESC": NAMES[::-1],
    "POPULAR": NAMES[::-1],
    "RATING": NAMES[::-1],
    "RELEVANCE": NAMES[::-1],
}


@pytest.mark.parametrize(("sort", "expected"), ORDERS.items(), ids=ORDERS.keys())
async def test_pages_of_every_order_join_up_both_ways(
    client: httpx.AsyncClient, services: Services, sort: str, expected: list[str]
) -> None:
    await stock(services)
    api = Api(client)

    async def walk(size: str, cursor: str, end: str, more: str) -> list[list[str]]:
        pages, at = [], None
        while True:
            sent = {"sort": sort, size: 2, **({cursor: at} if at else {})}
            page = (await api.send(PAGE, sent)).data["agents"]
            pages.append(names(page))
            at = page["pageInfo"][end]
            if not page["pageInfo"][more]:
                return pages

    forwards = await walk("first", "after", "endCursor", "hasNextPage")
    backwards = await walk("last", "before", "startCursor", "hasPreviousPage")

    assert list(chain.from_iterable(forwards)) == expected
    assert list(chain.from_iterable(backwards[::-1])) == expected
    assert [len(page) for page in forwards] == [2, 2, 1]


async def test_a_page_says_what_is_around_it(client: httpx.AsyncClient, services: Services) -> None:
    await stock(services, 3)
    api = Api(client)

    first = (await api.send(PAGE, {"sort": "PRICE_ASC", "first": 1})).data["agents"]
    after = first["edges"][0]["cursor"]
    second = (await api.send(PAGE, {"sort": "PRICE_ASC", "first": 2, "after": after})).data

    assert first["totalCount"] == 3
    assert first["pageInfo"]["startCursor"] == first["pageInfo"]["endCursor"] == after
    assert second["agents"]["pageInfo"]["hasPreviousPage"] is True
    assert names(second["agents"]) == ["Beta", "Gamma"]


async def test_an_empty_list_is_a_page_too(client: httpx.AsyncClient) -> None:
    page = (await Api(client).send(PAGE, {"first": 10})).data["agents"]

    assert page["edges"] == []
    assert page["totalCount"] == 0
    assert page["pageInfo"] == {
        "hasNextPage": False,
        "hasPreviousPage": False,
        "startCursor": None,
        "endCursor": None,
    }


BAD_PAGES: dict[str, tuple[dict[str, Any], str]] = {
    "neither": ({}, "first"),
    "both": ({"first": 1, "last": 1}, "first"),
    "zero": ({"first": 0}, "first"),
    "negative": ({"first": -1}, "first"),
    "101": ({"first": 101}, "first"),
    "last 101": ({"last": 101}, "last"),
    "first with before": ({"first": 1, "before": "x"}, "before"),
    "last with after": ({"last": 1, "after": "x"}, "after"),
    "an invented cursor": ({"first": 1, "after": "eyJmb28iOjF9"}, "after"),
    "an empty cursor": ({"first": 1, "after": ""}, "after"),
    "a cursor that is no ascii": ({"first": 1, "after": "é"}, "after"),
    "an invented cursor before": ({"last": 1, "before": "AAAA"}, "before"),
}


@pytest.mark.parametrize(("sent", "argument"), BAD_PAGES.values(), ids=BAD_PAGES.keys())
async def test_a_bad_page_names_its_argument(
    client: httpx.AsyncClient, sent: dict[str, Any], argument: str
) -> None:
    reply = await Api(client).send(PAGE, sent)

    assert reply.codes == ["BAD_INPUT"]
    assert reply.errors[0]["extensions"]["argument"] == [argument]


async def test_a_cursor_of_another_order_is_refused(
    client: httpx.AsyncClient, services: Services
) -> None:
    await stock(services, 2)
    newest = (await Api(client).send(PAGE, {"sort": "NEWEST", "first": 1})).data["agents"]
    cursor = newest["pageInfo"]["endCursor"]

    forwards = await Api(client).send(PAGE, {"sort": "PRICE_ASC", "first": 1, "after": cursor})
    backwards = await Api(client).send(PAGE, {"sort": "PRICE_ASC", "last": 1, "before": cursor})

    assert forwards.codes == backwards.codes == ["BAD_INPUT"]
    assert backwards.errors[0]["extensions"]["argument"] == ["before"]


CARDS = """query($n: Int) { agents(first: $n, sort: NEWEST) {
    edges { cursor node {
        id name tagline descriptionHtml level sphere { name } price { amount { formatted } }
        creator { handle bio } version { number } versions { number }
        viewerAccess { canUse grant { id } }
    } }
} }"""


async def test_the_list_takes_the_same_statements_whatever_the_page(
    client: httpx.AsyncClient, services: Services
) -> None:
    await stock(services)
    viewer = as_session(client, services, await make_person("buyer"))

    async def count(api: Api, size: int) -> int:
        async with counted_statements() as statements:
            reply = await api.send(CARDS, {"n": size})
        assert len(reply.data["agents"]["edges"]) == size
        return len(statements)

    anonymous = {size: await count(Api(client), size) for size in (1, 3, 5)}
    signed_in = {size: await count(viewer, size) for size in (1, 3, 5)}

    # the clock; the list with its creators, current versions, all versions
    assert set(anonymous.values()) == {4}
    # and the session, and the grants
    assert set(signed_in.values()) == {6}


async def test_a_creators_own_list_shows_drafts_to_nobody_else(
    client: httpx.AsyncClient, services: Services
) -> None:
    creator, row = await make_creator(services)
    agent = await make_published_agent(services, creator, name="Public")
    hidden = await make_published_agent(services, creator, name="Hidden")
    await db.execute("UPDATE agent SET status = 'SUSPENDED' WHERE id = $1", hidden.id)
    query = """query($h: String!) { creator(handle: $h) {
        agents(first: 10) { totalCount edges { node { name status } } }
    } }"""

    async def seen_by(api: Api) -> list[str]:
        agents = (await api.send(query, {"h": row.handle})).data["creator"]["agents"]
        assert agents["totalCount"] == len(agents["edges"])
        return names(agents)

    assert await seen_by(Api(client)) == ["Public"]
    assert await seen_by(await _session(client, services, "other")) == ["Public"]
    assert await seen_by(as_session(client, services, creator)) == ["Hidden", "Public"]
    assert agent.name == "Public"


async def _session(client: httpx.AsyncClient, services: Services, name: str) -> Api:
    person: Person = await make_person(name)
    return as_session(client, services, person)
