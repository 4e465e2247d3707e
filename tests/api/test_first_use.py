"""What ends the right of withdrawal: the buyer's own reading, once there was an answer."""

from typing import Any

import httpx
import pytest

from chenu.accounts.actor import ApiScope, Staff
from chenu.accounts.service_keys import create_service_key
from chenu.core import db
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.api.calls import Api, as_key, as_session, gid
from tests.api.makers import make_offer, purchase_input
from tests.people import MANIFEST, Person, make_person

FREE = {"expectedAmountMinor": 0}
OPEN = "query($id: ID!) { agent(id: $id) { id version { manifest } } }"
OPEN_AND_FAIL = """query($id: ID!) {
    agent(id: $id) { id version { manifest } }
    creator(handle: "atelier-nord") { sales(first: 1) { totalCount } }
}"""
OPEN_AND_TAKE_BACK = """query($id: ID!) {
    agent(id: $id) { id version { manifest } }
    nodes(ids: [$id]) { ... on Agent { id } }
    broken: tier(code: NOBODY) { code }
}"""


async def first_use() -> Any:
    return await db.fetch_value("SELECT first_used_at FROM access_grant")


@pytest.fixture
async def holder(client: httpx.AsyncClient, services: Services) -> tuple[Person, str]:
    """A buyer of a free agent, who has not used it, and the agent's id."""
    _, agent = await make_offer(services, price=0)
    person = await make_person("buyer", tier=TierCode.PRO)
    api = as_session(client, services, person)
    await api.run("BuyAgent", input=purchase_input(agent, **FREE))
    return person, agent


async def test_a_service_key_reads_without_using(
    client: httpx.AsyncClient, services: Services, holder: tuple[Person, str]
) -> None:
    person, agent = holder
    secret = await create_service_key("apps", services.settings.secret)
    account = gid("Account", person.actor.account_id)
    api = Api(client, {"authorization": f"Bearer {secret}", "chenu-account": account})

    reply = await api.send(OPEN, {"id": agent})

    assert reply.data["agent"]["version"]["manifest"] == MANIFEST
    assert await first_use() is None


@pytest.mark.parametrize("scopes", [(ApiScope.READ,), (ApiScope.READ, ApiScope.EXECUTIONS)])
async def test_the_accounts_own_key_uses_what_it_reads(
    client: httpx.AsyncClient,
    services: Services,
    holder: tuple[Person, str],
    scopes: tuple[ApiScope, ...],
) -> None:
    person, agent = holder
    api = await as_key(client, services, person, *scopes)

    await api.send(OPEN, {"id": agent})

    assert await first_use() is not None


@pytest.mark.parametrize("scope", sorted(set(ApiScope) - {ApiScope.READ}))
async def test_a_key_that_may_not_read_uses_nothing(
    client: httpx.AsyncClient, services: Services, holder: tuple[Person, str], scope: ApiScope
) -> None:
    person, agent = holder
    api = await as_key(client, services, person, scope)

    await api.send(OPEN, {"id": agent})

    assert await first_use() is None


async def test_a_document_that_is_refused_uses_nothing(
    client: httpx.AsyncClient, services: Services, holder: tuple[Person, str]
) -> None:
    person, agent = holder
    api = as_session(client, services, person)

    reply = await api.send(OPEN_AND_TAKE_BACK, {"id": agent})

    assert reply.codes
    assert await first_use() is None


async def test_what_is_in_an_answer_with_errors_was_read(
    client: httpx.AsyncClient, services: Services, holder: tuple[Person, str]
) -> None:
    person, agent = holder
    api = as_session(client, services, person)

    reply = await api.send(OPEN_AND_FAIL, {"id": agent})

    assert reply.codes == ["FORBIDDEN"]
    assert reply.body["data"]["agent"]["version"]["manifest"] == MANIFEST
    assert await first_use() is not None


async def test_what_an_error_took_out_of_the_answer_was_not_read(
    client: httpx.AsyncClient, services: Services, holder: tuple[Person, str]
) -> None:
    """A row with an invalid value replaces the object around the manifest by null."""
    person, agent = holder
    await db.execute("UPDATE agent SET level = 'L9'")
    api = as_session(client, services, person)

    reply = await api.send(
        "query($id: ID!) { agent(id: $id) { level version { manifest } } }", {"id": agent}
    )

    assert reply.body["data"] == {"agent": None}
    assert await first_use() is None


@pytest.mark.parametrize("role", [Staff.REVIEWER, Staff.ADMIN])
async def test_staff_reads_without_using(
    client: httpx.AsyncClient, services: Services, holder: tuple[Person, str], role: Staff
) -> None:
    _, agent = holder
    api = as_session(client, services, await make_person("desk", staff=(role,)))

    reply = await api.send(OPEN, {"id": agent})

    assert reply.data["agent"]["version"]["manifest"] == MANIFEST
    assert await first_use() is None
    sql = "SELECT detail->>'what' FROM audit_event WHERE action = 'staff.read'"
    assert await db.fetch_value(sql) == "manifest"
