"""A cursor is valid only for the list, filter and order that it was made for."""

from itertools import product
from typing import Any

import httpx
import pytest

from chenu.flows.purchases.buy_agent import BuyAgentInput, buy_agent
from chenu.flows.services import Services
from tests.agents.shelf import open_shop, shelve
from tests.api.calls import Api, as_session
from tests.api.makers import make_reviewer
from tests.people import Person, make_creator, make_person, make_published_agent

STORE = """query($q: String, $f: AgentFilter, $s: AgentSort, $n: Int, $after: String, $m: Int,
    $before: String) {
    agents(search: $q, filter: $f, sort: $s, first: $n, after: $after, last: $m, before: $before) {
        pageInfo { endCursor } edges { cursor node { name } }
    }
}"""

LISTS: dict[str, dict[str, Any]] = {
    "everything": {},
    "newest first": {"s": "NEWEST"},
    "most installed first": {"s": "POPULAR"},
    "by rating": {"s": "RATING"},
    "cheapest first": {"s": "PRICE_ASC"},
    "dearest first": {"s": "PRICE_DESC"},
    "a word": {"q": "agent"},
    "another word": {"q": "numéro"},
    "a word, newest first": {"q": "agent", "s": "NEWEST"},
    "a level": {"f": {"levels": ["L1"]}},
    "two levels": {"f": {"levels": ["L1", "L2"]}},
    "a sphere": {"f": {"spheres": ["BUSINESS"]}},
    "a capability": {"f": {"capabilities": ["tri"]}},
    "a lowest price": {"f": {"minPriceMinor": 1}},
    "a highest price": {"f": {"maxPriceMinor": 1}},
    "a higher highest price": {"f": {"maxPriceMinor": 100000}},
    "a rating": {"f": {"minRating": 0}},
    "a creator": {"f": {"creator": "boutique-nord"}},
    "a language": {"f": {"language": "fr"}},
    "a type of price": {"f": {"priceTypes": ["FREE"]}},
    "a kind": {"f": {"kinds": ["MARKETPLACE"]}},
}


async def fill() -> None:
    shop = await open_shop()
    for number in range(4):
        await shelve(shop, f"Agent numéro {number}", capabilities=("tri",), price=number % 2)


async def test_a_cursor_of_the_store_is_good_for_its_own_search_filter_and_order_only(
    client: httpx.AsyncClient, services: Services
) -> None:
    await fill()
    api = Api(client)
    cursors = {}
    for name, wanted in LISTS.items():
        page = (await api.send(STORE, {"n": 1, **wanted})).data["agents"]
        cursors[name] = page["edges"][0]["cursor"]

    taken = set()
    for (name, wanted), (origin, cursor) in product(LISTS.items(), cursors.items()):
        reply = await api.send(STORE, {"n": 1, "after": cursor, **wanted})
        if not reply.codes:
            taken.add((name, origin))
        elif name != origin:
            assert reply.errors[0]["extensions"]["argument"] == ["after"]

    assert len(set(cursors.values())) == len(LISTS)
    assert taken == {(name, name) for name in LISTS}


SAME: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "no filter": ({}, {"f": {}, "q": "", "s": None}),
    "white space": ({"q": "agent numéro"}, {"q": "  agent  numéro "}),
    "values in another order": (
        {"f": {"levels": ["L1", "L2"]}},
        {"f": {"levels": ["L2", "L1", "L2"], "kinds": []}},
    ),
    "another size": ({"n": 2}, {"n": 3}),
    "the other way": ({}, {"n": None, "after": None, "m": 1, "before": True}),
}


@pytest.mark.parametrize(("made", "used"), SAME.values(), ids=SAME.keys())
async def test_the_same_list_written_differently_takes_the_cursor(
    client: httpx.AsyncClient, services: Services, made: dict[str, Any], used: dict[str, Any]
) -> None:
    await fill()
    api = Api(client)
    page = (await api.send(STORE, {"n": 1, **made})).data["agents"]
    cursor = page["pageInfo"]["endCursor"]

    sent = {"n": 1, "after": cursor, **used}
    if sent.get("before"):
        sent["before"] = cursor
    reply = await api.send(STORE, sent)

    assert reply.codes == []


ACCOUNT_LISTS = ("purchases", "library")
CREATOR_LISTS = ("sales", "agents")


def query_of(name: str) -> str:
    holder = "account" if name in ACCOUNT_LISTS else "creator"
    return f"""query($after: String) {{ viewer {{ {holder} {{
        list: {name}(first: 1, after: $after) {{ edges {{ cursor }} }}
    }} }} }}"""


def edge_of(data: dict[str, Any]) -> str:
    [holder] = data["viewer"].values()
    return str(holder["list"]["edges"][0]["cursor"])


async def trade(services: Services, name: str) -> Person:
    """A creator who also bought two agents, of a seller who sells nothing else."""
    seller, _ = await make_creator(services, f"seller-{name}")
    trader, _ = await make_creator(services, name)
    buyer = await make_person(f"buyer-{name}")
    for number in (1, 2):
        bought = await make_published_agent(services, seller, price=0, name=f"{name} {number}")
        await buy_agent(
            services, trader.actor, BuyAgentInput(bought.id, 0, True, "fr"), f"{number}"
        )
        sold = await make_published_agent(services, trader, price=0, name=f"Of {name} {number}")
        await buy_agent(services, buyer.actor, BuyAgentInput(sold.id, 0, True, "fr"), f"{number}")
    return trader


async def test_a_cursor_of_an_own_list_is_good_for_this_list_of_this_owner_only(
    client: httpx.AsyncClient, services: Services
) -> None:
    people = {name: await trade(services, name) for name in ("anna", "berta")}
    apis = {name: as_session(client, services, person) for name, person in people.items()}
    places = list(product(apis, (*ACCOUNT_LISTS, *CREATOR_LISTS)))
    cursors = {
        place: edge_of((await apis[place[0]].send(query_of(place[1]))).data) for place in places
    }

    taken = set()
    for place, (origin, cursor) in product(places, cursors.items()):
        reply = await apis[place[0]].send(query_of(place[1]), {"after": cursor})
        if not reply.codes:
            taken.add((place, origin))

    assert taken == {(place, place) for place in places}


async def test_a_cursor_of_a_creators_public_list_is_not_one_of_the_store(
    client: httpx.AsyncClient, services: Services
) -> None:
    await fill()
    other = await open_shop("autre")
    for number in range(2):
        await shelve(other, f"Autre {number}")
    query = """query($h: String!, $after: String) { creator(handle: $h) {
        agents(first: 1, after: $after) { edges { cursor } } } }"""
    api = Api(client)
    page = (await api.send(query, {"h": "boutique-nord"})).data["creator"]["agents"]
    cursor = page["edges"][0]["cursor"]

    again = await api.send(query, {"h": "boutique-nord", "after": cursor})
    elsewhere = await api.send(query, {"h": "autre-nord", "after": cursor})
    store = await api.send(STORE, {"n": 1, "s": "NEWEST", "after": cursor})

    assert again.codes == []
    assert elsewhere.codes == store.codes == ["BAD_INPUT"]


async def test_a_cursor_of_the_store_is_not_one_of_the_review_queue(
    client: httpx.AsyncClient, services: Services
) -> None:
    await fill()
    reviewer = await make_reviewer(client, services)
    page = (await reviewer.send(STORE, {"n": 1, "s": "NEWEST"})).data["agents"]
    query = """query($after: String) { staff {
        moderationQueue(first: 1, after: $after) { edges { cursor } } } }"""

    reply = await reviewer.send(query, {"after": page["edges"][0]["cursor"]})

    assert reply.codes == ["BAD_INPUT"]
