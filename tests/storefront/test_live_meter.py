"""The meter of an open page follows the wallet, until the session ends or there are too many."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from chenu.accounts.request_context import session_cookie_name
from chenu.accounts.sessions import revoke_sessions
from chenu.core.pubsub import publish_wallet, wallet_channel
from chenu.flows.services import Services
from tests.api.serving import served
from tests.people import Person, sign_in_again
from tests.storefront.token_lives import account_of, give, run
from tests.storefront.visitors import make_reader
from tests.waiting import until

PATIENCE = 20


@pytest.fixture
async def url(services: Services) -> AsyncIterator[str]:
    async with served(services) as url:
        yield url


@pytest.fixture
async def person(services: Services) -> Person:
    reader = await make_reader("zoe")
    await give(reader, 500)
    return reader


class Listener:
    """Blocks of an event stream, without heartbeats."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self._text = answer.aiter_text()
        self._rest = ""

    async def receive(self) -> str:
        async with asyncio.timeout(PATIENCE):
            while True:
                block, end, rest = self._rest.partition("\r\n\r\n")
                if end:
                    self._rest = rest
                    if not block.startswith(":"):
                        return block
                else:
                    self._rest += await anext(self._text)


@asynccontextmanager
async def listen(
    services: Services, url: str, person: Person, *, seen: str = "", **headers: str
) -> AsyncIterator[Listener]:
    sent = {
        "accept": "text/html, text/event-stream",
        "cookie": f"{session_cookie_name(services.settings)}={person.token}",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    async with (
        httpx.AsyncClient(base_url=url, timeout=PATIENCE) as http,
        http.stream("GET", "/tokens/meter", params={"seen": seen}, headers=sent) as answer,
    ):
        yield Listener(answer)


def version_in(block: str) -> str:
    [line] = [line for line in block.split("\r\n") if line.startswith("id: ")]
    return line.removeprefix("id: ")


async def test_the_balance_falls_without_reload(
    services: Services, url: str, person: Person
) -> None:
    async with listen(services, url, person) as listener:
        first, changed = await listener.receive(), await listener.receive()
        await run(person, 20)
        await publish_wallet(services.pubsub, account_of(person))
        second = await listener.receive()

    assert listener.answer.headers["content-type"].startswith("text/event-stream")
    assert listener.answer.headers["cache-control"] == "no-store"
    assert "500 tokens" in first
    assert changed.startswith("event: wallet")
    assert "480 tokens" in second


async def test_a_page_that_shows_it_already_is_sent_changes_only(
    services: Services, url: str, person: Person
) -> None:
    async with listen(services, url, person) as listener:
        version = version_in(await listener.receive())
    async with (
        listen(services, url, person, seen=version) as by_address,
        listen(services, url, person, seen="old", last_event_id=version) as by_header,
    ):
        await run(person, 1)
        await publish_wallet(services.pubsub, account_of(person))
        found = [await each.receive() for each in (by_address, by_header)]

    assert all("499 tokens" in block for block in found)


async def test_many_changes_at_once_are_one(services: Services, url: str, person: Person) -> None:
    async with listen(services, url, person) as listener:
        for _ in range(2):
            await listener.receive()
        for _ in range(30):
            await run(person, 1)
            await publish_wallet(services.pubsub, account_of(person))
        blocks: list[str] = []
        while not blocks or "470 tokens" not in blocks[-1]:
            block = await listener.receive()
            blocks += [block] if "tokens" in block else []

    assert len(blocks) < 30


async def test_it_ends_with_the_session(services: Services, url: str, person: Person) -> None:
    async with listen(services, url, person) as listener:
        for _ in range(2):
            await listener.receive()
        await revoke_sessions(person.user_id)
        await run(person, 20)
        await publish_wallet(services.pubsub, account_of(person))
        last = await listener.receive()

    assert last.startswith("event: close")


async def test_others_are_not_informed(services: Services, url: str, person: Person) -> None:
    stranger = await make_reader("stranger")
    async with listen(services, url, stranger) as listener:
        first = await listener.receive()
        await listener.receive()
        await run(person, 20)
        await publish_wallet(services.pubsub, account_of(person))
        await give(stranger, 7)
        await publish_wallet(services.pubsub, account_of(stranger))
        second = await listener.receive()

    assert "0 tokens" in first
    assert "7 tokens" in second


async def test_so_many_pages_of_one_session_and_no_more(services: Services, person: Person) -> None:
    async with (
        served(services, live_per_caller=1) as url,
        listen(services, url, person) as listener,
    ):
        await listener.receive()
        async with listen(services, url, person) as refused:
            status, headers = refused.answer.status_code, refused.answer.headers
        other = await sign_in_again(person.user_id, person.email)
        async with listen(services, url, other) as allowed:
            await allowed.receive()

    assert status == 429
    assert headers["hx-reswap"] == "none"
    assert int(headers["retry-after"]) > 0


async def test_who_leaves_the_page_is_not_counted_or_listened_for(
    services: Services, url: str, person: Person
) -> None:
    async with listen(services, url, person) as listener:
        await listener.receive()

    async def nothing() -> bool:
        channel = wallet_channel(account_of(person))
        [(_, listeners)] = await services.pubsub._redis.pubsub_numsub(channel)
        return services.connections.total == 0 and listeners == 0

    await until(nothing)


async def test_it_ends_after_its_time_and_the_page_connects_again(
    services: Services, person: Person
) -> None:
    async with served(services, live_seconds=0.1) as url, listen(services, url, person) as listener:
        await listener.receive()
        await listener.receive()
        with pytest.raises(StopAsyncIteration):
            await listener.receive()
