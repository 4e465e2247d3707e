"""purchaseSettled over graphql-transport-ws and server-sent events, on a real port."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosedError

from chenu.accounts.actor import ApiScope
from chenu.accounts.api_keys import create_api_key
from chenu.agents.purchases import PurchaseRow
from chenu.core import db
from chenu.core.pubsub import purchase_channel
from chenu.flows.purchases.state import report_purchase
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.api.calls import as_session, document_of, gid, session_cookie_of
from tests.api.serving import socket
from tests.api.watching import WATCH, make_purchase
from tests.people import Person, make_person, pay
from tests.waiting import until


async def pay_for(services: Services, purchase: PurchaseRow) -> None:
    assert purchase.checkout_url is not None
    await pay(purchase.checkout_url)
    await report_purchase(services, purchase.account_id, purchase.id)


async def bearer(services: Services, person: Person, *scopes: ApiScope) -> str:
    pepper = services.settings.secret
    return f"Bearer {(await create_api_key(person.actor, 'k', scopes, None, pepper)).secret}"


async def test_a_watcher_is_informed_when_the_payment_settles(url: str, services: Services) -> None:
    buyer, purchase = await make_purchase(services)
    public_id = gid("Purchase", purchase.id)
    headers = {"Cookie": session_cookie_of(services, buyer), "Origin": url}

    async with socket(url, headers) as client:
        assert await client.begin() == {"type": "connection_ack"}
        await client.subscribe("1", WATCH, id=public_id)
        await wait_for_listeners(services, purchase, 1)
        await pay_for(services, purchase)
        event, end = await client.receive(), await client.receive()

    assert event["type"] == "next"
    settled = event["payload"]["data"]["purchaseSettled"]
    assert settled == {"id": public_id, "status": "PAID"}
    assert event["payload"]["extensions"]["cost"]["calls"] == 1
    assert end == {"type": "complete", "id": "1"}


async def test_it_fires_at_once_when_it_is_settled_already(url: str, services: Services) -> None:
    buyer, purchase = await make_purchase(services)
    await pay_for(services, purchase)

    async with socket(
        url, {"Authorization": await bearer(services, buyer, ApiScope.READ)}
    ) as client:
        await client.begin()
        await client.subscribe("1", WATCH, id=gid("Purchase", purchase.id))
        event, end = await client.receive(), await client.receive()

    assert event["payload"]["data"]["purchaseSettled"]["status"] == "PAID"
    assert end["type"] == "complete"


async def test_a_key_may_come_with_the_connection_init(url: str, services: Services) -> None:
    buyer, purchase = await make_purchase(services)
    await pay_for(services, purchase)
    header = await bearer(services, buyer, ApiScope.READ)

    async with socket(url) as client:
        assert (await client.begin(Authorization=header))["type"] == "connection_ack"
        await client.subscribe("1", WATCH, id=gid("Purchase", purchase.id))
        event = await client.receive()

    assert event["type"] == "next"


async def test_only_the_buyers_account_watches(url: str, services: Services) -> None:
    _, purchase = await make_purchase(services)
    stranger = await make_person("stranger", tier=TierCode.PRO)
    blind = await bearer(services, stranger, ApiScope.AGENTS)
    seeing = await bearer(services, stranger, ApiScope.READ)
    public_id = gid("Purchase", purchase.id)

    async def refusal(sent: str, **params: str) -> str:
        async with socket(url) as client:
            await client.begin(**params)
            await client.subscribe("1", WATCH, id=sent)
            message = await client.receive()
        assert message["type"] == "error"
        return str(message["payload"][0]["extensions"]["code"])

    assert await refusal(public_id) == "UNAUTHENTICATED"
    assert await refusal(public_id, Authorization=seeing) == "NOT_FOUND"
    assert await refusal("!", Authorization=seeing) == "NOT_FOUND"
    assert await refusal(public_id, Authorization=blind) == "FORBIDDEN"


async def test_a_query_may_use_the_socket_and_a_change_may_not(
    url: str, services: Services
) -> None:
    buyer = await make_person("buyer")
    headers = {"Cookie": session_cookie_of(services, buyer), "Origin": url}

    async with socket(url, headers) as client:
        await client.begin()
        await client.subscribe("q", "{ viewer { displayName } }")
        answer, end = await client.receive(), await client.receive()
        await client.subscribe(
            "m", 'mutation { userUpdate(input: {displayName: "X"}) { csrfToken } }'
        )
        refused = await client.receive()

    assert answer["payload"]["data"] == {"viewer": {"displayName": "Buyer"}}
    assert end["type"] == "complete"
    assert refused["type"] == "error"
    assert refused["payload"][0]["extensions"]["code"] == "BAD_INPUT"


async def test_ten_at_a_time_on_one_connection(url: str, services: Services) -> None:
    buyer, purchase = await make_purchase(services)
    public_id = gid("Purchase", purchase.id)

    async with socket(url) as client:
        await client.begin(Authorization=await bearer(services, buyer, ApiScope.READ))
        for number in range(11):
            await client.subscribe(str(number), WATCH, id=public_id)
        refused = await client.receive()
        await client.send("complete", id="0")
        await client.subscribe("again", WATCH, id=public_id)
        await pay_for(services, purchase)
        messages = [await client.receive() for _ in range(20)]

    assert (refused["type"], refused["id"]) == ("error", "10")
    assert refused["payload"][0]["extensions"]["code"] == "RATE_LIMITED"
    reported = {message["id"] for message in messages if message["type"] == "next"}
    assert reported == {*map(str, range(1, 10)), "again"}


async def test_events_arrive_as_a_stream(url: str, services: Services) -> None:
    buyer, purchase = await make_purchase(services)
    headers = {
        "accept": "text/event-stream",
        "authorization": await bearer(services, buyer, ApiScope.READ),
    }
    body = {
        "query": document_of("WaitForPayment"),
        "operationName": "WaitForPayment",
        "variables": {"purchaseId": gid("Purchase", purchase.id)},
    }

    async with (
        httpx.AsyncClient(base_url=url, timeout=10) as http,
        http.stream("POST", "/graphql", json=body, headers=headers) as answer,
    ):
        assert answer.headers["content-type"].startswith("text/event-stream")
        await pay_for(services, purchase)
        events = [event async for event in _events(answer)]

    assert [event for event, _ in events] == ["next", "complete"]
    assert events[0][1]["data"]["purchaseSettled"]["status"] == "PAID"


async def _events(answer: httpx.Response) -> AsyncIterator[tuple[str, Any]]:
    text = "".join([part async for part in answer.aiter_text()])
    for block in text.split("\r\n\r\n"):
        lines = dict(line.split(": ", 1) for line in block.split("\r\n") if ": " in line)
        if "event" in lines:
            yield lines["event"], json.loads(lines.get("data") or "null")


async def test_a_watcher_whose_session_ended_meanwhile_is_informed_nothing(
    url: str, client: httpx.AsyncClient, services: Services
) -> None:
    buyer, purchase = await make_purchase(services)
    headers = {"Cookie": session_cookie_of(services, buyer), "Origin": url}

    async with socket(url, headers) as watcher:
        await watcher.begin()
        await watcher.subscribe("1", WATCH, id=gid("Purchase", purchase.id))
        await watcher.subscribe("2", "{ tiers { code } }")
        assert (await watcher.receive())["id"] == "2"
        assert await watcher.receive() == {"type": "complete", "id": "2"}
        await as_session(client, services, buyer).send("mutation { signOut { ok } }")
        await pay_for(services, purchase)
        code = await watcher.closed()
        with pytest.raises(ConnectionClosedError):
            await watcher.receive()

    assert code == 4403


async def test_a_stream_whose_key_was_revoked_meanwhile_tells_nothing(
    url: str, client: httpx.AsyncClient, services: Services
) -> None:
    buyer, purchase = await make_purchase(services)
    headers = {
        "accept": "text/event-stream",
        "authorization": await bearer(services, buyer, ApiScope.READ),
    }
    body = {"query": WATCH, "variables": {"id": gid("Purchase", purchase.id)}}
    key_id = gid("ApiKey", await db.fetch_value("SELECT id FROM api_key"))

    async with (
        httpx.AsyncClient(base_url=url, timeout=10) as http,
        http.stream("POST", "/graphql", json=body, headers=headers) as answer,
    ):
        await as_session(client, services, buyer).run("RevokeApiKey", id=key_id)
        await pay_for(services, purchase)
        events = [event async for event in _events(answer)]

    assert [event for event, _ in events] == ["complete"]


async def test_a_stream_tells_its_refusal_as_well(url: str, services: Services) -> None:
    _, purchase = await make_purchase(services)
    body = {"query": WATCH, "variables": {"id": gid("Purchase", purchase.id)}}

    async with (
        httpx.AsyncClient(base_url=url, timeout=10) as http,
        http.stream(
            "POST", "/graphql", json=body, headers={"accept": "text/event-stream"}
        ) as answer,
    ):
        events = [event async for event in _events(answer)]

    assert events[0][1]["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert events[-1][0] == "complete"


async def listeners(services: Services, purchase: PurchaseRow) -> int:
    channel = purchase_channel(purchase.id)
    [(_, count)] = await services.pubsub._redis.pubsub_numsub(channel)
    return int(count)


async def wait_for_listeners(services: Services, purchase: PurchaseRow, number: int) -> None:
    """The server soon notices that a client is there, or gone."""

    async def are_there() -> bool:
        return await listeners(services, purchase) == number

    await until(are_there, f"{number} who listen")


async def test_who_hangs_up_is_not_listened_for(url: str, services: Services) -> None:
    buyer, purchase = await make_purchase(services)
    header = await bearer(services, buyer, ApiScope.READ)
    sent = {"id": gid("Purchase", purchase.id)}
    accept = {"accept": "text/event-stream", "authorization": header}

    async with socket(url) as client:
        await client.begin(Authorization=header)
        await client.subscribe("1", WATCH, **sent)
        await wait_for_listeners(services, purchase, 1)
        await client.send("complete", id="1")
        await wait_for_listeners(services, purchase, 0)
        await client.subscribe("2", WATCH, **sent)
        await wait_for_listeners(services, purchase, 1)
    await wait_for_listeners(services, purchase, 0)

    async with httpx.AsyncClient(base_url=url, timeout=10) as http:
        body = {"query": WATCH, "variables": sent}
        async with http.stream("POST", "/graphql", json=body, headers=accept):
            await wait_for_listeners(services, purchase, 1)
    await wait_for_listeners(services, purchase, 0)
