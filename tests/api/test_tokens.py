"""Account.tokens, and tokenBalanceChanged over a WebSocket and as server-sent events."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from chenu.core.pubsub import publish_wallet
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from chenu.tokens.grants import GrantKind
from tests.api.calls import as_session, counted_statements, gid, session_cookie_of
from tests.api.serving import socket
from tests.api.watching import key_of
from tests.people import Person, make_person
from tests.storefront.token_lives import account_of, give, give_budget, owe, reserve, run

WATCH = "subscription { tokenBalanceChanged { available held monthlyUsed grants { remaining } } }"
WALLET = """{ viewer { account { tokens {
    available held isUnlimited monthlyBudget monthlyUsed resetsAt grants { kind granted remaining }
} } } }"""
ENTRIES = """query($first: Int, $after: String) { viewer { account { tokens {
    entries(first: $first, after: $after) {
        totalCount pageInfo { endCursor hasNextPage } edges { node { kind amount grant { kind } } }
    } } } } }"""


@pytest.fixture
async def person(services: Services) -> Person:
    person = await make_person("zoe", TierCode.PRO)
    await give_budget(person, 500)
    await give(person, 1_000)
    return person


async def wallet_of(client: httpx.AsyncClient, services: Services, person: Person) -> Any:
    answer = await as_session(client, services, person).send(WALLET)
    assert answer.codes == []
    return answer.body["data"]["viewer"]["account"]["tokens"]


async def test_the_wallet_is_what_can_be_spent_and_what_was_used(
    client: httpx.AsyncClient, services: Services, person: Person
) -> None:
    await give(person, 150, GrantKind.PROMOTION, agent_id=person.user_id)
    await run(person, 380)
    await reserve(person, 20)

    found = await wallet_of(client, services, person)

    assert (found["available"], found["held"], found["isUnlimited"]) == (1_100, 20, False)
    assert (found["monthlyBudget"], found["monthlyUsed"]) == (500, 380)
    assert found["resetsAt"] is not None
    assert [(grant["kind"], grant["remaining"]) for grant in found["grants"]] == [
        ("PROMOTION", 150),
        ("MONTHLY", 100),
        ("PACK", 1_000),
    ]


async def test_a_debt_is_negative(client: httpx.AsyncClient, services: Services) -> None:
    person = await make_person("debtor")
    await owe(person, 90)

    found = await wallet_of(client, services, person)

    assert (found["available"], found["monthlyBudget"]) == (-90, None)


async def test_without_limit_available_is_null_and_use_is_counted(
    client: httpx.AsyncClient, services: Services
) -> None:
    person = await make_person("rich", TierCode.ENTERPRISE)
    await run(person, 12)

    found = await wallet_of(client, services, person)

    assert (found["available"], found["isUnlimited"]) == (None, True)
    assert (found["monthlyBudget"], found["monthlyUsed"]) == (None, 12)


async def test_entries_are_paged_and_name_the_grant_that_paid(
    client: httpx.AsyncClient, services: Services, person: Person
) -> None:
    await run(person, 30, most=50)
    api = as_session(client, services, person)

    async def page(after: str | None) -> Any:
        answer = await api.send(ENTRIES, {"first": 3, "after": after})
        return answer.body["data"]["viewer"]["account"]["tokens"]["entries"]

    first = await page(None)
    second = await page(first["pageInfo"]["endCursor"])

    assert first["totalCount"] == 5
    nodes = [edge["node"] for edge in first["edges"] + second["edges"]]
    assert [(node["kind"], node["amount"]) for node in nodes] == [
        ("SPEND", -30),
        ("RELEASE", 50),
        ("HOLD", -50),
        ("GRANT", 1_000),
        ("GRANT", 500),
    ]
    assert {node["grant"]["kind"] for node in nodes[:3]} == {"MONTHLY"}
    assert not second["pageInfo"]["hasNextPage"]


async def test_grants_of_many_entries_are_read_at_once(
    client: httpx.AsyncClient, services: Services, person: Person
) -> None:
    for _ in range(10):
        await run(person, 90)
    api = as_session(client, services, person)

    async with counted_statements() as statements:
        await api.send(ENTRIES, {"first": 30})

    assert len([each for each in statements if "FROM token_grant WHERE id" in each]) == 1


async def test_a_program_watches_the_balance_over_a_socket(
    url: str, services: Services, person: Person
) -> None:
    headers = {"Cookie": session_cookie_of(services, person), "Origin": url}

    async with socket(url, headers) as client:
        await client.begin()
        await client.subscribe("1", WATCH)
        first = await client.receive()
        await run(person, 120)
        await publish_wallet(services.pubsub, account_of(person))
        second = await client.receive()

    wallets = [each["payload"]["data"]["tokenBalanceChanged"] for each in (first, second)]
    assert [wallet["available"] for wallet in wallets] == [1_500, 1_380]
    assert [wallet["monthlyUsed"] for wallet in wallets] == [0, 120]
    assert wallets[1]["grants"][0] == {"remaining": 380}


async def test_it_is_seen_without_an_event_as_well(
    url: str, services: Services, person: Person
) -> None:
    async with socket(url, await key_of(services, person)) as client:
        await client.begin()
        await client.subscribe("1", WATCH)
        await client.receive()
        await run(person, 1)
        async with asyncio.timeout(10):
            second = await client.receive()

    assert second["payload"]["data"]["tokenBalanceChanged"]["available"] == 1_499


async def test_events_arrive_as_a_stream(url: str, services: Services, person: Person) -> None:
    headers = {"accept": "text/event-stream", **await key_of(services, person)}
    async with (
        httpx.AsyncClient(base_url=url, timeout=10) as http,
        http.stream("POST", "/graphql", json={"query": WATCH}, headers=headers) as answer,
    ):
        events = _events(answer)
        first = await anext(events)
        await run(person, 7)
        await publish_wallet(services.pubsub, account_of(person))
        second = await anext(events)

    found = [each["data"]["tokenBalanceChanged"]["available"] for each in (first, second)]
    assert found == [1_500, 1_493]


async def _events(answer: httpx.Response) -> AsyncIterator[Any]:
    async for line in answer.aiter_lines():
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


async def test_nobody_watches_without_signing_in(
    url: str, services: Services, person: Person
) -> None:
    async def refusal(headers: dict[str, str]) -> str:
        async with socket(url, headers) as client:
            await client.begin()
            await client.subscribe("1", WATCH)
            message = await client.receive()
        assert message["type"] == "error"
        return str(message["payload"][0]["extensions"]["code"])

    assert await refusal({}) == "UNAUTHENTICATED"


@pytest.mark.parametrize("kind", ["TokenGrant", "TokenEntry"])
async def test_a_node_of_another_account_is_null(
    client: httpx.AsyncClient, services: Services, person: Person, kind: str
) -> None:
    grant = await give(person, 5)
    stranger = await make_person("stranger")
    public_id = gid(kind, grant.id)

    own = await as_session(client, services, person).send(
        "query($id: ID!) { node(id: $id) { id } }", {"id": gid("TokenGrant", grant.id)}
    )
    other = await as_session(client, services, stranger).send(
        "query($id: ID!) { node(id: $id) { id } }", {"id": public_id}
    )

    assert own.body["data"]["node"]["id"] == gid("TokenGrant", grant.id)
    assert other.body["data"]["node"] is None
