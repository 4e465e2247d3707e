"""Creators and reviewers who use the API, and the draft that they work on."""

from typing import Any

import httpx

from chenu.accounts.actor import Staff
from chenu.agents.model import AgentId
from chenu.flows.services import Services
from tests.api.calls import Api, as_session, gid
from tests.people import MANIFEST, Person, make_creator, make_person, make_published_agent
from tests.prepared import prepare

DRAFT: dict[str, Any] = {
    "name": "Trieur",
    "tagline": "Classe vos factures.",
    "description": "Il **classe**.",
    "capabilities": ["Invoices", "invoices"],
    "level": "L1",
    "sphere": "BUSINESS",
    "price": {"type": "ONE_TIME", "amountMinor": 900},
    "averageMinutesSaved": 7.5,
    "manifest": MANIFEST,
}


async def make_maker(client: httpx.AsyncClient, services: Services) -> tuple[Api, Person]:
    person, _ = await make_creator(services)
    return as_session(client, services, person), person


async def make_reviewer(client: httpx.AsyncClient, services: Services) -> Api:
    person = await make_person("reviewer", staff=(Staff.REVIEWER,))
    return as_session(client, services, person)


async def make_offer(services: Services, price: int = 999) -> tuple[Person, str]:
    """A creator and the public id of an agent on sale."""
    key = ("offer", price)
    creator, agent_id = await prepare(services, key, lambda: _build_offer(services, price))
    return creator, gid("Agent", agent_id)


async def _build_offer(services: Services, price: int) -> tuple[Person, AgentId]:
    creator, _ = await make_creator(services)
    agent = await make_published_agent(services, creator, price=price)
    return creator, agent.id


def purchase_input(agent: str, **more: Any) -> dict[str, Any]:
    return {
        "agentId": agent,
        "expectedAmountMinor": 999,
        "idempotencyKey": "key-1",
        "acceptImmediateSupply": True,
        **more,
    }
