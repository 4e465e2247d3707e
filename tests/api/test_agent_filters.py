"""Filters, search and facets of the store; a bad filter names its field."""

from typing import Any

import httpx
import pytest

from chenu.flows.services import Services
from tests.api.calls import Api
from tests.api.stock import NAMES, names, stock

FILTERED = "query($f: AgentFilter) { agents(first: 10, filter: $f) { edges { node { name } } } }"

FILTERS: dict[str, tuple[dict[str, Any], set[str]]] = {
    "none": ({}, set(NAMES)),
    "price from": ({"minPriceMinor": 300}, {"Gamma", "Delta", "Epsilon"}),
    "price to": ({"maxPriceMinor": 200}, {"Alpha", "Beta"}),
    "both prices": ({"minPriceMinor": 200, "maxPriceMinor": 200}, {"Beta"}),
    "kind": ({"kinds": ["PLATFORM"]}, set()),
    "two kinds": ({"kinds": ["PLATFORM", "MARKETPLACE"]}, set(NAMES)),
    "level": ({"levels": ["L1"]}, set(NAMES)),
    "another level": ({"levels": ["L0", "L3"]}, set()),
    "sphere": ({"spheres": ["BUSINESS"]}, set(NAMES)),
    "another sphere": ({"spheres": ["SCHOLAR"]}, set()),
    "capability in any case": ({"capabilities": ["Invoices"]}, set(NAMES)),
    "another capability": ({"capabilities": ["nothing"]}, set()),
    "type of price": ({"priceTypes": ["FREE"]}, set()),
    "rating": ({"minRating": 1}, set()),
    "creator": ({"creator": "atelier-nord"}, set(NAMES)),
    "another creator": ({"creator": "nobody"}, set()),
    "language": ({"language": "fr"}, set(NAMES)),
    "another language": ({"language": "en"}, set()),
    "an injection": ({"creator": "x' OR '1'='1"}, set()),
}


@pytest.mark.parametrize(("wanted", "expected"), FILTERS.values(), ids=FILTERS.keys())
async def test_filters_leave_in_what_fits(
    client: httpx.AsyncClient, services: Services, wanted: dict[str, Any], expected: set[str]
) -> None:
    await stock(services)

    reply = await Api(client).send(FILTERED, {"f": wanted})

    assert set(names(reply.data["agents"])) == expected


BAD_FILTERS: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown sphere": ({"spheres": ["NOWHERE"]}, "spheres"),
    "a rating of 6": ({"minRating": 6}, "minRating"),
    "a negative rating": ({"minRating": -0.5}, "minRating"),
    "an enormous rating": ({"minRating": 1e300}, "minRating"),
    "an unknown language": ({"language": "de"}, "language"),
    "prices the wrong way round": ({"minPriceMinor": 2, "maxPriceMinor": 1}, "minPriceMinor"),
    "101 capabilities": ({"capabilities": ["x"] * 101}, "capabilities"),
    "nul": ({"creator": "a\x00"}, "creator"),
}


@pytest.mark.parametrize(("wanted", "field"), BAD_FILTERS.values(), ids=BAD_FILTERS.keys())
async def test_a_bad_filter_names_its_field(
    client: httpx.AsyncClient, wanted: dict[str, Any], field: str
) -> None:
    reply = await Api(client).send(FILTERED, {"f": wanted})

    assert reply.codes == ["BAD_INPUT"]
    assert reply.errors[0]["extensions"]["argument"] == ["filter", field]


BAD_VALUES: dict[str, dict[str, Any]] = {
    "beyond 2^53": {"minPriceMinor": 2**53},
    "a fraction": {"minPriceMinor": 1.5},
    "text": {"minPriceMinor": "100"},
    "a boolean": {"minPriceMinor": True},
    "an unknown level": {"levels": ["L9"]},
    "an unknown field": {"price": 1},
}


@pytest.mark.parametrize("wanted", BAD_VALUES.values(), ids=BAD_VALUES.keys())
async def test_a_value_of_the_wrong_type_is_bad_input(
    client: httpx.AsyncClient, wanted: dict[str, Any]
) -> None:
    reply = await Api(client).send(FILTERED, {"f": wanted})

    assert reply.codes == ["BAD_INPUT"]


SEARCHES = {
    "one word": ("gamma", ["Gamma"]),
    "unfinished": ("epsi", ["Epsilon"]),
    "a typo": ("gamna", ["Gamma"]),
    "an accent": ("ÉPSILON", ["Epsilon"]),
    "only signs": ("!!! & |", []),
    "only white space": ("  \u3000 ", NAMES[::-1]),
    "a query language": ("gamma & !alpha:*", ["Gamma", "Alpha"]),
}


@pytest.mark.parametrize(("search", "expected"), SEARCHES.values(), ids=SEARCHES.keys())
async def test_search_forgives(
    client: httpx.AsyncClient, services: Services, search: str, expected: list[str]
) -> None:
    await stock(services)
    query = "query($s: String) { agents(first: 10, search: $s) { edges { node { name } } } }"

    reply = await Api(client).send(query, {"s": search})

    assert names(reply.data["agents"]) == expected


async def test_facets_count_each_option(client: httpx.AsyncClient, services: Services) -> None:
    await stock(services, 2)
    query = """{ agents(first: 1, filter: {levels: [L3]}) {
        totalCount facets { levels { value count } spheres { value count } }
    } }"""

    agents = (await Api(client).send(query)).data["agents"]

    assert agents["totalCount"] == 0
    assert agents["facets"]["levels"] == [{"value": "L1", "count": 2}]
    assert agents["facets"]["spheres"] == []
