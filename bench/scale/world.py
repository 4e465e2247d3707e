"""Who buys and spends: people, keys, tokens and agents on sale, made by the product's functions."""

from collections.abc import Mapping
from dataclasses import dataclass

from bench.scale.product import SECRET
from chenu.accounts.actor import ApiScope
from chenu.accounts.api_keys import create_api_key
from chenu.accounts.request_context import RequestContext
from chenu.accounts.service_keys import create_service_key
from chenu.core.global_id import encode_id
from chenu.flows.composition import open_services
from chenu.flows.services import Services
from chenu.settings import Settings
from chenu.tiers.catalogue import TierCode
from tests.api.calls import session_cookie_of
from tests.people import make_creator, make_person, make_published_agent
from tests.tokens.granting import give

PRICE = 999
_AGENTS, _BUYERS, _SPENDERS, _WRITERS = 12, 60, 4, 2
_TOKENS = 10**9


@dataclass(frozen=True)
class Writer:
    """A creator with an agent on sale; `headers` are of their signed-in browser."""

    handle: str
    headers: Mapping[str, str]


@dataclass(frozen=True)
class World:
    """Ids are the API's. Each pair of a buyer's key and an agent is one purchase."""

    agent_ids: tuple[str, ...]
    agent_paths: tuple[str, ...]
    buyer_keys: tuple[str, ...]
    spender_ids: tuple[str, ...]
    service_key: str
    reader_cookie: str
    writers: tuple[Writer, ...]


async def make_world(settings: Settings) -> World:
    pepper = SECRET.encode()
    async with open_services(settings, "chenu-scale") as services:
        creator, _ = await make_creator(services)
        names = [f"Agent {number}" for number in range(_AGENTS)]
        agents = [
            await make_published_agent(services, creator, price=PRICE, name=name) for name in names
        ]
        people = [await make_person(f"buyer{n}", TierCode.PRO) for n in range(_BUYERS)]
        scopes = [ApiScope.MARKETPLACE, ApiScope.READ]
        keys = [
            await create_api_key(person.actor, "scale", scopes, None, pepper) for person in people
        ]
        spenders = [await make_person(f"spender{n}", TierCode.FREE) for n in range(_SPENDERS)]
        accounts = [person.actor.require_account(ApiScope.READ) for person in spenders]
        for account_id in accounts:
            await give(account_id, _TOKENS)
        return World(
            tuple(encode_id("Agent", agent.id) for agent in agents),
            tuple(f"/agents/{agent.slug}" for agent in agents),
            tuple(key.secret for key in keys),
            tuple(encode_id("Account", account_id) for account_id in accounts),
            await create_service_key("scale", pepper),
            session_cookie_of(services, people[0]),
            tuple([await _make_writer(services, f"writer{n}") for n in range(_WRITERS)]),
        )


async def _make_writer(services: Services, name: str) -> Writer:
    person, creator = await make_creator(services, name)
    await make_published_agent(services, person, price=PRICE, name=f"Agent of {name}")
    token = RequestContext(actor=person.actor).csrf_token(services.settings)
    headers = {"cookie": session_cookie_of(services, person), "x-csrf-token": token or ""}
    return Writer(creator.handle, headers)
