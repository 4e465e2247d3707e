"""Answers from memory take calls of whoever gets them, in lots of a round trip."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from chenu.flows.services import Services
from chenu.metering.visitor_lots import LOT
from tests.api.calls import Api
from tests.metered import SLOW, count_scripts, meter_calls, open_metered

SMALL = "{ tiers { code } }"
PROXIES = ("127.0.0.1",)


def home(number: int) -> dict[str, str]:
    return {"x-forwarded-for": f"192.0.2.{number}"}


async def open_keeping(services: Services, rate: int) -> tuple[Services, httpx.AsyncClient]:
    """As in production: answers are kept."""
    metering = await meter_calls(services, rate=rate, cache_seconds=1.0, trusted_proxies=PROXIES)
    return metering, open_metered(metering)


@pytest.fixture
async def slow(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    _, opened = await open_keeping(services, SLOW)
    async with opened as http:
        yield http


async def test_each_reader_of_an_answer_from_memory_learns_of_its_own_calls(
    slow: httpx.AsyncClient,
) -> None:
    replies = [await Api(slow, home(number)).send(SMALL) for number in (1, 1, 2, 1)]

    assert [reply.cost["available"] for reply in replies] == [3, 2, 3, 1]
    assert [reply.http.headers["ratelimit"][:12] for reply in replies] == [
        *('"minute";r=3', '"minute";r=2', '"minute";r=3', '"minute";r=1'),
    ]
    assert len({str(reply.data) for reply in replies}) == 1
    for reply in replies:
        assert int(reply.http.headers["content-length"]) == len(reply.http.content)


async def test_an_answer_from_memory_is_refused_to_who_has_no_calls_left(
    slow: httpx.AsyncClient,
) -> None:
    replies = [await Api(slow, home(1)).send(SMALL) for _ in range(6)]
    another = await Api(slow, home(2)).send(SMALL)

    assert [reply.http.status_code for reply in replies] == [200, 200, 200, 200, 429, 429]
    assert replies[4].codes == ["RATE_LIMITED"]
    assert 1 <= int(replies[4].http.headers["retry-after"]) <= 3
    assert another.http.status_code == 200


async def test_ten_answers_from_memory_cost_one_round_trip(services: Services) -> None:
    metering, opened = await open_keeping(services, 6_000)

    async with opened as http:
        await Api(http, home(1)).send(SMALL)
        before = await count_scripts(metering)
        await asyncio.gather(*(Api(http, home(1)).send(SMALL) for _ in range(3 * LOT)))

    assert await count_scripts(metering) == before + 3


async def test_compiled_queries_share_a_round_trip_too(services: Services) -> None:
    """Of visitors: no answer is kept, as each body is another."""
    metering = await meter_calls(services, rate=6_000, trusted_proxies=PROXIES)
    sent = [f"{{ tiers {{ code }} }} # {number}" for number in range(2)]

    async with open_metered(metering) as http:
        for query in (*sent, *sent):  # compiled when they come a second time
            await Api(http, home(1)).send(query)
        before = await count_scripts(metering)
        replies = [await Api(http, home(2)).send(sent[number % 2]) for number in range(2 * LOT)]

    assert await count_scripts(metering) == before + 2
    assert [reply.cost["available"] for reply in replies[:LOT]] == [*range(1_199, 1_189, -1)]


async def test_pages_of_the_storefront_take_none(services: Services) -> None:
    metering, opened = await open_keeping(services, SLOW)
    before = await count_scripts(metering)

    async with opened as http:
        answers = [await http.get("/agents", headers=home(1)) for _ in range(6)]

    assert {answer.status_code for answer in answers} == {200}
    assert await count_scripts(metering) == before
