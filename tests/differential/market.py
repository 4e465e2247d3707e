"""Every kind of caller and object, some of them in rows that violate a constraint."""

from dataclasses import dataclass

from msgspec.structs import replace

from chenu.accounts.actor import ANONYMOUS, Actor, ActorKind, ApiScope, Staff
from chenu.accounts.api_keys import create_api_key
from chenu.agents.rows import AgentRow
from chenu.core import db
from chenu.flows.creators.edit_agent import create_agent
from chenu.flows.creators.review_agent import submit_agent
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.api.calls import gid
from tests.conftest import Engines
from tests.differential.values import Pools
from tests.flows.sales import pay_for, report, start_buying
from tests.people import (
    Person,
    agent_input,
    get_agent,
    make_creator,
    make_person,
    make_published_agent,
    sign_in_again,
)
from tests.rows import unguarded

PRICES = (0, 300, 900, 4_900)


@dataclass(frozen=True)
class Market:
    """`actors` are the callers, `pools` the values for arguments."""

    actors: list[Actor]
    pools: Pools


async def fill_market(services: Services, engines: Engines) -> Market:
    creator, row = await make_creator(services)
    buyer = await make_person("buyer", tier=TierCode.PRO)
    reviewer = await make_person("reviewer", staff=(Staff.REVIEWER,))
    support = await make_person("support", staff=(Staff.SUPPORT,))
    agents = [
        await make_published_agent(services, creator, price=price, name=f"Agent {price}")
        for price in PRICES
    ]
    for agent in agents:
        await _sell(services, buyer, agent)
    draft = await get_agent(await create_agent(creator.actor, agent_input(name="Brouillon")))
    waiting = await get_agent(await create_agent(creator.actor, agent_input(name="En attente")))
    await submit_agent(creator.actor, waiting.id)
    pepper = services.settings.secret
    key = await create_api_key(buyer.actor, "spare", [ApiScope.READ], None, pepper)
    await _break_rows(engines, agents[0], waiting)
    people = [await sign_in_again(each.user_id, each.email) for each in (buyer, creator)]
    actors = [each.actor for each in (*people, reviewer, support)]
    pools = await _list_what_there_is([*agents, draft, waiting])
    pools.by_name["ids"] += [gid("ApiKey", key.key.id)]
    pools.by_name |= {"handle": [row.handle], "creator": [row.handle], "locale": ["fr", "en"]}
    pools.by_name["id"] = pools.by_name["ids"]
    return Market([ANONYMOUS, *actors, *_make_keys(people)], pools)


async def _sell(services: Services, buyer: Person, agent: AgentRow) -> None:
    purchase = await start_buying(services, buyer, agent, key=f"key-{agent.price_amount}")
    if purchase.checkout_url is not None:
        assert await pay_for(purchase) == 303
        await report(services, purchase)


def _make_keys(people: list[Person]) -> list[Actor]:
    """The actors of two people's keys: each scope hides other fields."""
    return [
        replace(person.actor, kind=ActorKind.API_KEY, session_id=None, scopes=frozenset({scope}))
        for person in people
        for scope in (ApiScope.READ, ApiScope.MARKETPLACE, ApiScope.AGENTS)
    ]


async def _break_rows(engines: Engines, free: AgentRow, waiting: AgentRow) -> None:
    """Deletes a bought agent, against the foreign key, and stores a number that is too long."""
    number = "1" + "0" * 5_000
    async with unguarded(engines) as connection:
        await connection.execute("DELETE FROM agent WHERE id = $1", free.id)
        await connection.execute(
            "UPDATE agent_version SET manifest = $1::jsonb WHERE agent = $2",
            f'{{"x": {number}}}',
            waiting.id,
        )


async def _list_what_there_is(agents: list[AgentRow]) -> Pools:
    tables = {
        "User": "app_user",
        "Account": "account",
        "Purchase": "purchase",
        "Sale": "purchase",
        "PurchasePayment": "purchase_payment",
        "AccessGrant": "access_grant",
        "AgentVersion": "agent_version",
        "Creator": "creator",
    }
    ids = [gid("Agent", agent.id) for agent in agents]
    for name, table in tables.items():
        records = await db.fetch_records(f"SELECT id FROM {table} ORDER BY id")  # noqa: S608 - names of ours
        ids += [gid(name, record["id"]) for record in records]
    return Pools({"ids": ids, "slug": [agent.slug for agent in agents]})
