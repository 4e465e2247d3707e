"""How many event streams and WebSockets a caller may keep open at a time."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import pytest
from websockets.exceptions import ConnectionClosed

from chenu.accounts.live_connections import LiveConnections, Transport
from chenu.accounts.request_context import RequestContext
from chenu.connection_limits import ConnectionLimits
from chenu.core.errors import RateLimited
from chenu.core.global_id import encode_id
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.api.serving import SocketClient, served, socket
from tests.api.watching import Headers, cookie_of, key_of, make_purchase, none_is_counted, stream
from tests.people import Person, make_person, sign_in_again


async def count_stored(clients: list[SocketClient]) -> int:
    """Of these connections, those that were begun and not closed."""
    stored = 0
    for client in clients:
        try:
            stored += (await client.begin())["type"] == "connection_ack"
        except ConnectionClosed:
            assert await client.closed() == 4429
            assert client.connection.close_reason == "Too many connections: close one first"
    return stored


@pytest.mark.parametrize("by", ["session", "key"])
async def test_150_sockets_of_one_caller(services: Services, by: str) -> None:
    person = await make_person("person", tier=TierCode.PRO)
    other = await make_person("other", tier=TierCode.PRO)

    async with served(services) as url, AsyncExitStack() as opened:
        show: Callable[[Person], Awaitable[Headers]] = (
            (lambda who: key_of(services, who)) if by == "key" else _session(services, url)
        )
        headers = await show(person)
        clients = [await opened.enter_async_context(socket(url, headers)) for _ in range(150)]
        stored = await count_stored(clients)
        async with socket(url, await show(other)) as neighbour:
            assert (await neighbour.begin())["type"] == "connection_ack"

    assert stored == 10
    await none_is_counted(services)


def _session(services: Services, url: str) -> Callable[[Person], Awaitable[Headers]]:
    async def show(person: Person) -> Headers:
        return cookie_of(services, person, url)

    return show


async def test_150_sockets_whose_key_comes_later(services: Services) -> None:
    person = await make_person("person", tier=TierCode.PRO)
    params = await key_of(services, person)

    async with served(services, live_per_ip=200) as url, AsyncExitStack() as opened:
        stored = 0
        for _ in range(150):
            client = await opened.enter_async_context(socket(url))
            await client.send("connection_init", payload=params)
            try:
                stored += (await client.receive())["type"] == "connection_ack"
            except ConnectionClosed:
                assert await client.closed() == 4429

    assert stored == 10
    await none_is_counted(services)


async def test_150_sockets_of_nobody(services: Services) -> None:
    async with served(services) as url, AsyncExitStack() as opened:
        clients = [await opened.enter_async_context(socket(url)) for _ in range(150)]
        stored = await count_stored(clients)

    assert stored == 50
    await none_is_counted(services)


@pytest.mark.parametrize("by", ["session", "key"])
async def test_150_streams_of_one_caller(services: Services, by: str) -> None:
    buyer, purchase = await make_purchase(services)
    watched = encode_id("Purchase", purchase.id)

    async with served(services) as url, AsyncExitStack() as opened:
        headers = await key_of(services, buyer) if by == "key" else cookie_of(services, buyer, url)
        answers = [
            await opened.enter_async_context(stream(url, headers, watched)) for _ in range(150)
        ]
        refused = [answer for answer in answers if answer.status_code == 429]
        body = json.loads(await refused[0].aread())
        async with socket(url, headers) as client:  # which are counted apart
            assert (await client.begin())["type"] == "connection_ack"

    assert len(refused) == 140
    assert all(answer.headers["retry-after"] == "10" for answer in refused)
    assert body["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
    await none_is_counted(services)


@pytest.mark.parametrize("how", ["closed", "vanished"])
async def test_a_connection_that_is_gone_makes_room(services: Services, how: str) -> None:
    buyer, purchase = await make_purchase(services)
    headers = await key_of(services, buyer)
    watched = encode_id("Purchase", purchase.id)

    async with served(services, live_per_caller=1) as url:
        async with stream(url, headers, watched) as first, socket(url, headers) as client:
            await client.begin()
            async with stream(url, headers, watched) as second:
                statuses = (first.status_code, second.status_code)
            if how == "vanished":
                client.connection.transport.abort()
        await none_is_counted(services)
        async with stream(url, headers, watched) as again, socket(url, headers) as anew:
            assert (await anew.begin())["type"] == "connection_ack"
            assert again.status_code == 200

    assert statuses == (200, 429)
    await none_is_counted(services)


def take(
    connections: LiveConnections,
    times: int,
    request_context: RequestContext,
    limits: ConnectionLimits,
) -> int:
    """Returns how many could be opened."""
    taken = 0
    for _ in range(times):
        try:
            connections.take(Transport.STREAM, request_context, limits)
        except RateLimited:
            break
        taken += 1
    return taken


NEIGHBOURS = {
    "the same": ("192.0.2.1", "192.0.2.1", 0),
    "another": ("192.0.2.1", "192.0.2.2", 5),
    "one /64": ("2001:db8::1", "2001:db8:0:0:ffff::2", 0),
    "another /64": ("2001:db8::1", "2001:db8:0:1::1", 5),
    "mapped": ("::ffff:192.0.2.1", "192.0.2.1", 0),
    "unknown": ("", "", 0),
}


@pytest.mark.parametrize(("first", "second", "room"), NEIGHBOURS.values(), ids=NEIGHBOURS.keys())
async def test_strangers_are_counted_by_network(first: str, second: str, room: int) -> None:
    connections, limits = LiveConnections(), ConnectionLimits(live_per_ip=5)

    assert take(connections, 9, RequestContext(ip=first), limits) == 5
    assert take(connections, 9, RequestContext(ip=second), limits) == room


async def test_many_sessions_of_one_person_are_counted_together(services: Services) -> None:
    person = await make_person("person")
    sessions = [await sign_in_again(person.user_id, person.email) for _ in range(4)]
    limits = ConnectionLimits(live_per_caller=3, live_per_ip=8)
    connections = LiveConnections()

    taken = [take(connections, 9, RequestContext(actor=each.actor), limits) for each in sessions]

    assert taken == [3, 3, 2, 0]


async def test_a_place_is_given_back_once_and_with_its_task() -> None:
    connections, limits = LiveConnections(), ConnectionLimits()

    async def hold() -> None:
        connections.take(Transport.STREAM, RequestContext(), limits)
        second = connections.take(Transport.STREAM, RequestContext(), limits)
        second.release()
        second.release()
        assert connections.total == 1

    await asyncio.create_task(hold())
    await asyncio.sleep(0)

    assert connections.total == 0
