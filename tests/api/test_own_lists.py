"""Purchases, library and sales: pages by key, and a fixed number of statements."""

from typing import Any

import httpx

from chenu.flows.purchases.buy_agent import BuyAgentInput, buy_agent
from chenu.flows.services import Services
from tests.api.calls import Api, as_session, counted_statements
from tests.people import Person, make_creator, make_person, make_published_agent

PURCHASES = """query($n: Int, $after: String) { viewer { account {
    purchases(first: $n, after: $after) {
        totalCount pageInfo { hasNextPage endCursor }
        edges { node { id agent { name creator { handle } } breakdown { gross { amountMinor } }
            receiptUrl payments(first: 5) { edges { node { id } } } } }
    }
} } }"""

LIBRARY = """query($n: Int, $after: String) { viewer { account { library(first: $n, after: $after) {
    totalCount pageInfo { hasNextPage endCursor }
    edges { node { id agent { name version { number } viewerAccess { canUse } } } }
} } } }"""

SALES = """query($n: Int, $after: String) { viewer { creator { sales(first: $n, after: $after) {
    totalCount pageInfo { hasNextPage endCursor }
    edges { node { id buyerHint agent { name } breakdown { net { amountMinor } } } }
} } } }"""


async def sell_three(services: Services) -> tuple[Person, Person]:
    """The creator and the buyer of three free agents."""
    creator, _ = await make_creator(services)
    buyer = await make_person("buyer")
    for name in ("Eins", "Zwei", "Drei"):
        agent = await make_published_agent(services, creator, price=0, name=name)
        await buy_agent(services, buyer.actor, BuyAgentInput(agent.id, 0, True, "fr"), name)
    return creator, buyer


def page_of(data: dict[str, Any]) -> dict[str, Any]:
    """The connection at the end of viewer { one { list } }."""
    [holder] = data["viewer"].values()
    [page] = holder.values()
    return dict(page)


async def test_own_lists_take_the_same_statements_whatever_the_page(
    client: httpx.AsyncClient, services: Services
) -> None:
    creator, buyer = await sell_three(services)
    asked = {
        PURCHASES: as_session(client, services, buyer),
        LIBRARY: as_session(client, services, buyer),
        SALES: as_session(client, services, creator),
    }

    async def count(query: str, size: int) -> int:
        async with counted_statements() as statements:
            reply = await asked[query].send(query, {"n": size})
        assert len(page_of(reply.data)["edges"]) == size
        return len(statements)

    for query in asked:
        assert await count(query, 1) == await count(query, 3) <= 10


async def test_own_lists_are_walked_by_cursor(
    client: httpx.AsyncClient, services: Services
) -> None:
    creator, buyer = await sell_three(services)
    buying, selling = as_session(client, services, buyer), as_session(client, services, creator)

    async def walk(api: Api, query: str) -> list[str]:
        names: list[str] = []
        after = None
        while True:
            page = page_of((await api.send(query, {"n": 2, "after": after})).data)
            assert page["totalCount"] == 3
            names += [edge["node"]["agent"]["name"] for edge in page["edges"]]
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                return names

    for api, query in ((buying, PURCHASES), (buying, LIBRARY), (selling, SALES)):
        assert await walk(api, query) == ["Drei", "Zwei", "Eins"]


async def test_payments_of_a_purchase_are_a_page_as_well(
    client: httpx.AsyncClient, services: Services
) -> None:
    _, buyer = await sell_three(services)
    api = as_session(client, services, buyer)
    purchases = "purchases(first: 1) { edges { node { payments { totalCount } } } }"
    query = f"{{ viewer {{ account {{ {purchases} }} }} }}"

    reply = await api.send(query)

    assert reply.codes == ["BAD_INPUT"]
    assert reply.errors[0]["extensions"]["argument"] == ["first"]
