"""tokenBalanceChanged over a WebSocket and as server-sent events."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest

from chenu.core.pubsub import publish_wallet
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.api.calls import as_session, session_cookie_of
from tests.api.serving import socket
from tests.api.watching import key_of
from tests.people import Person, make_person
from tests.storefront.token_lives import account_of, give, give_budget, run

WATCH = "subscription { tokenBalanceChanged { available held monthlyUsed grants { remaining } } }"


async def _until(receive: Callable[[], Awaitable[Any]], **wanted: int) -> Any:
    """The first wallet that is so: between, a run may be seen that still holds its tokens."""
    async with asyncio.timeout(20):
        while True:
            event = await receive()
            wallet = event.get("payload", event)["data"]["tokenBalanceChanged"]
            if wanted.items() <= wallet.items():
                return wallet


@pytest.fixture
async def person(services: Services) -> Person:
    person = await make_person("zoe", TierCode.PRO)
    await give_budget(person, 500)
    await give(person, 1_000)
    return person


async def test_a_program_watches_the_balance_over_a_socket(
    url: str, services: Services, person: Person
) -> None:
    headers = {"Cookie": session_cookie_of(services, person), "Origin": url}

    async with socket(url, headers) as client:
        await client.begin()
        await client.subscribe("1", WATCH)
        first = await _until(client.receive)
        await run(person, 120)
        await publish_wallet(services.pubsub, account_of(person))
        second = await _until(client.receive, available=1_380, held=0)

    assert (first["available"], first["monthlyUsed"]) == (1_500, 0)
    assert second["grants"][0] == {"remaining": 380}


async def test_it_is_seen_without_an_event_as_well(
    url: str, services: Services, person: Person
) -> None:
    async with socket(url, await key_of(services, person)) as client:
        await client.begin()
        await client.subscribe("1", WATCH)
        await client.receive()
        await run(person, 1)
        second = await _until(client.receive, available=1_499, held=0)

    assert second["grants"] == [{"remaining": 499}, {"remaining": 1_000}]


async def test_events_arrive_as_a_stream(url: str, services: Services, person: Person) -> None:
    headers = {"accept": "text/event-stream", **await key_of(services, person)}
    async with (
        httpx.AsyncClient(base_url=url, timeout=10) as http,
        http.stream("POST", "/graphql", json={"query": WATCH}, headers=headers) as answer,
    ):
        events = _events(answer)
        first = await _until(events.__anext__)
        await run(person, 7)
        await publish_wallet(services.pubsub, account_of(person))
        second = await _until(events.__anext__, available=1_493, held=0)

    assert (first["available"], first["held"]) == (1_500, 0)
    assert second["grants"][0] == {"remaining": 493}


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


async def test_use_of_an_unlimited_plan_is_reported_too(url: str, services: Services) -> None:
    rich = await make_person("rich", TierCode.ENTERPRISE)

    async with socket(url, await key_of(services, rich)) as client:
        await client.begin()
        await client.subscribe("1", WATCH)
        first = await _until(client.receive)
        await run(rich, 12)
        await publish_wallet(services.pubsub, account_of(rich))
        second = await _until(client.receive, monthlyUsed=12)

    assert (first["available"], second["available"]) == (None, None)
    assert first["monthlyUsed"] == 0


async def test_a_spend_by_a_program_is_reported_after_its_commit(
    url: str, client: httpx.AsyncClient, services: Services, person: Person
) -> None:
    api = as_session(client, services, person)
    use = {"amount": 5, "reason": "A use", "idempotencyKey": "5"}

    async with socket(url, await key_of(services, person)) as watcher:
        await watcher.begin()
        await watcher.subscribe("1", WATCH)
        await watcher.receive()
        spent = await api.run("SpendTokens", input=use)
        reported = await _until(watcher.receive, available=1_495)

    assert spent.data["tokenSpend"]["entry"]["amount"] == -5
    assert reported["grants"][0] == {"remaining": 495}
