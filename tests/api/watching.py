"""Callers who wait for a payment over an event stream or a WebSocket."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from chenu.accounts.actor import ApiScope
from chenu.accounts.api_keys import create_api_key
from chenu.agents.purchases import PurchaseRow
from chenu.flows.purchases.buy_agent import BuyAgentInput, buy_agent
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.api.calls import session_cookie_of
from tests.people import Person, make_creator, make_person, make_published_agent
from tests.waiting import until

WATCH = "subscription($id: ID!) { purchaseSettled(purchaseId: $id) { id status } }"
Headers = dict[str, str]


async def make_purchase(services: Services) -> tuple[Person, PurchaseRow]:
    """A buyer and an unpaid purchase."""
    creator, _ = await make_creator(services)
    agent = await make_published_agent(services, creator, price=900)
    buyer = await make_person("buyer", tier=TierCode.PRO)
    request = BuyAgentInput(agent.id, 900, True, "fr")
    return buyer, await buy_agent(services, buyer.actor, request, "key")


async def key_of(services: Services, person: Person) -> Headers:
    pepper = services.settings.secret
    made = await create_api_key(person.actor, "k", [ApiScope.READ], None, pepper)
    return {"Authorization": f"Bearer {made.secret}"}


def cookie_of(services: Services, person: Person, url: str) -> Headers:
    return {"Cookie": session_cookie_of(services, person), "Origin": url}


@asynccontextmanager
async def stream(url: str, headers: Headers, purchase_id: str) -> AsyncIterator[httpx.Response]:
    """An event stream that waits for a payment."""
    body = {"query": WATCH, "variables": {"id": purchase_id}}
    accept = {"accept": "text/event-stream", **headers}
    async with (
        httpx.AsyncClient(base_url=url, timeout=60) as http,
        http.stream("POST", "/graphql", json=body, headers=accept) as answer,
    ):
        yield answer


async def none_is_counted(services: Services) -> None:
    async def nothing() -> bool:
        return services.connections.total == 0

    await until(nothing)
