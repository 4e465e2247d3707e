"""Ids of others: node and nodes answer null, as for ids that do not exist."""

from dataclasses import dataclass
from typing import Any

import httpx

from chenu.accounts.actor import AccountRole, ApiScope, Staff
from chenu.accounts.api_keys import create_api_key
from chenu.accounts.users import add_member, create_account
from chenu.agents.model import PurchaseId
from chenu.core import db
from chenu.core.global_id import encode_id
from chenu.core.ids import new_id
from chenu.flows.creators.edit_agent import create_agent
from chenu.flows.purchases.buy_agent import BuyAgentInput, buy_agent
from chenu.flows.purchases.state import report_purchase
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.api.calls import Api, as_key, as_session, gid
from tests.people import (
    Person,
    agent_input,
    make_creator,
    make_person,
    make_published_agent,
    pay,
)


@dataclass(frozen=True)
class World:
    """One object of each type that belongs to somebody, by type."""

    ids: dict[str, str]
    people: dict[str, Person]


async def make_world(services: Services) -> World:
    creator, profile = await make_creator(services)
    agent = await make_published_agent(services, creator)
    draft = await create_agent(creator.actor, agent_input(name="Brouillon"))
    version = await db.fetch_value("SELECT current_version FROM agent WHERE id = $1", draft)
    buyer = await make_person("buyer", tier=TierCode.PRO)
    purchase_id = await _buy(services, buyer, agent.id)
    key = await create_api_key(buyer.actor, "k", [ApiScope.READ], None, services.settings.secret)
    rows = {
        "User": buyer.user_id,
        "Account": buyer.actor.account_id,
        "Purchase": purchase_id,
        "PurchasePayment": await db.fetch_value("SELECT id FROM purchase_payment"),
        "AccessGrant": await db.fetch_value("SELECT id FROM access_grant"),
        "ApiKey": key.key.id,
        "Sale": purchase_id,
        "Agent": draft,
        "AgentVersion": version,
        "Creator": profile.id,
    }
    return World(
        {kind: gid(kind, row_id) for kind, row_id in rows.items()},
        {"buyer": buyer, "creator": creator},
    )


async def _buy(services: Services, buyer: Person, agent_id: Any) -> PurchaseId:
    purchase = await buy_agent(
        services, buyer.actor, BuyAgentInput(agent_id, 900, True, "fr"), "key"
    )
    assert purchase.checkout_url is not None
    await pay(purchase.checkout_url)
    await report_purchase(services, purchase.account_id, purchase.id)
    return purchase.id


QUERY = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"
SEES = {
    "anonymous": {"Creator"},
    "stranger": {"Creator"},
    "other creator": {"Creator"},
    "buyer": {
        "User",
        "Account",
        "Purchase",
        "PurchasePayment",
        "AccessGrant",
        "ApiKey",
        "Creator",
    },
    "buyer's key": {
        "User",
        "Account",
        "Purchase",
        "PurchasePayment",
        "AccessGrant",
        "ApiKey",
        "Creator",
    },
    "creator": {"Sale", "Agent", "AgentVersion", "Creator"},
    "support": {"Sale", "Creator"},
    "reviewer": {"Sale", "Agent", "AgentVersion", "Creator"},
}


async def test_everybody_finds_their_own_and_nothing_else(
    client: httpx.AsyncClient, services: Services
) -> None:
    world = await make_world(services)
    other, _ = await make_creator(services, "rivale")
    apis = {
        "anonymous": Api(client),
        "stranger": as_session(client, services, await make_person("stranger")),
        "other creator": as_session(client, services, other),
        "buyer": as_session(client, services, world.people["buyer"]),
        "buyer's key": await as_key(client, services, world.people["buyer"], ApiScope.READ),
        "creator": as_session(client, services, world.people["creator"]),
        "support": as_session(
            client, services, await make_person("support", staff=(Staff.SUPPORT,))
        ),
        "reviewer": as_session(
            client, services, await make_person("auditor", staff=(Staff.REVIEWER,))
        ),
    }

    seen = {}
    for role, api in apis.items():
        nodes = (await api.send(QUERY, {"ids": list(world.ids.values())})).data["nodes"]
        found = {node["__typename"]: node["id"] for node in nodes if node}
        seen[role] = set(found)
        assert found == {kind: world.ids[kind] for kind in found}

    assert seen == SEES


async def test_an_id_that_never_was_is_null(client: httpx.AsyncClient, services: Services) -> None:
    world = await make_world(services)
    api = as_session(client, services, world.people["buyer"])
    swapped = [encode_id(kind, new_id()) for kind in world.ids]
    odd = ["", "!", "a", "QWdlbnQ6", encode_id("Nothing", new_id()), encode_id("Agent", "x")]

    nodes = (await api.send(QUERY, {"ids": [*swapped, *odd]})).data["nodes"]

    assert nodes == [None] * len([*swapped, *odd])


async def test_one_types_id_does_not_open_another_type(
    client: httpx.AsyncClient, services: Services
) -> None:
    """The buyer's purchase is not a sale of theirs, whatever type the id names."""
    world = await make_world(services)
    api = as_session(client, services, world.people["buyer"])

    nodes = (await api.send(QUERY, {"ids": [world.ids["Sale"], world.ids["Agent"]]})).data

    assert nodes == {"nodes": [None, None]}


async def test_at_most_a_hundred_nodes(client: httpx.AsyncClient) -> None:
    reply = await Api(client).send(QUERY, {"ids": ["x"] * 101})

    assert reply.codes == ["BAD_INPUT"]
    assert reply.errors[0]["extensions"]["argument"] == ["ids"]


HIDDEN = """query($slug: String!, $handle: String!) {
    agent(slug: $slug) { name rejectionReason pendingChange { status } submittedAt
        version { number manifest } }
    creator(handle: $handle) { displayName onboardingUrl earnings { sales }
        sales(first: 1) { totalCount } }
}"""


async def test_what_is_the_creators_own_is_null_and_forbidden_for_others(
    client: httpx.AsyncClient, services: Services
) -> None:
    creator, profile = await make_creator(services)
    agent = await make_published_agent(services, creator)
    sent = {"slug": agent.slug, "handle": profile.handle}
    stranger = as_session(client, services, await make_person("stranger"))

    for api in (Api(client), stranger):
        reply = await api.send(HIDDEN, sent)
        assert sorted(error["path"][-1] for error in reply.errors) == [
            "earnings",
            "pendingChange",
            "rejectionReason",
            "sales",
            "submittedAt",
        ]
        assert set(reply.codes) == {"FORBIDDEN"}
        shown = reply.body["data"]
        assert shown["agent"]["version"] == {"number": "1.0.0", "manifest": None}
        assert shown["creator"]["displayName"] == "atelier Nord"
        assert shown["creator"]["onboardingUrl"] is None

    own = await as_session(client, services, creator).send(HIDDEN, sent)
    assert own.errors == []
    assert own.data["creator"]["earnings"] == {"sales": 0}


async def test_a_draft_is_there_for_its_maker_and_reviewers_only(
    client: httpx.AsyncClient, services: Services
) -> None:
    creator, _ = await make_creator(services)
    draft = gid("Agent", await create_agent(creator.actor, agent_input()))
    query = "query($id: ID!) { agent(id: $id) { status } }"
    reviewer = await make_person("auditor", staff=(Staff.REVIEWER,))

    async def seen_by(api: Api) -> Any:
        return (await api.send(query, {"id": draft})).data["agent"]

    assert await seen_by(Api(client)) is None
    assert await seen_by(as_session(client, services, await make_person("stranger"))) is None
    assert await seen_by(as_session(client, services, creator)) == {"status": "DRAFT"}
    assert await seen_by(as_session(client, services, reviewer)) == {"status": "DRAFT"}


async def test_an_account_of_several_members_is_named_to_be_read(
    client: httpx.AsyncClient, services: Services
) -> None:
    """A member of two accounts sees both names, and the data of the one acted for."""
    person, owner = await make_person("member"), await make_person("owner")
    company = await create_account(owner.user_id, "Company", "COMPANY")
    await add_member(company, person.user_id, AccountRole.MEMBER)
    api = as_session(client, services, person)
    query = "{ viewer { accounts { account { purchases(first: 1) { totalCount } } } } }"
    names = "{ viewer { account { name } accounts { role account { name } } } }"

    seen = (await api.send(names)).data["viewer"]
    refused = await api.send(query)
    acting = Api(client, {**api.headers, "chenu-account": gid("Account", company)})
    company_seen = (await acting.send(names)).data["viewer"]

    assert [each["account"]["name"] for each in seen["accounts"]] == ["Member", "Company"]
    assert seen["account"] == {"name": "Member"}
    assert refused.codes == ["FORBIDDEN"]
    assert company_seen["account"] == {"name": "Company"}


async def test_agent_takes_either_an_id_or_a_slug(client: httpx.AsyncClient) -> None:
    for sent in ("", '(id: "x", slug: "y")'):
        reply = await Api(client).send(f"{{ agent{sent} {{ id }} }}")
        assert reply.codes == ["BAD_INPUT"]

    unknown = await Api(client).send('{ a: agent(id: "x") { id } b: agent(slug: "y") { id } }')
    assert unknown.data == {"a": None, "b": None}
