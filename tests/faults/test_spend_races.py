"""Tokens that many spend at once, through two processes that are killed, told to stop, or neither.

reliability: F12, F13, and a crash in the middle of a group commit.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import uuid4

import httpx
import pytest

from chenu.accounts.actor import ApiScope
from chenu.accounts.service_keys import create_service_key
from chenu.core import db
from chenu.demo.processes import free_port
from chenu.ledger.invariants import check_ledger
from chenu.tiers.catalogue import TierCode
from tests.api.calls import document_of, gid
from tests.faults.counts import runs, seeds
from tests.faults.server import Server
from tests.faults.stand import Stand
from tests.people import make_person
from tests.rows import count
from tests.tokens.granting import give
from tests.waiting import until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

Json = dict[str, Any]

CRASH_POINTS = ("spend.before_statement", "spend.committed")


@pytest.fixture(scope="module")
async def second(running: Stand) -> AsyncIterator[Server]:
    """Another web process over the same engines."""
    port = free_port()
    arguments = ["serve", "--port", str(port)]
    server = Server("second", arguments, running.web.env, running.web.folder)
    server.start()
    try:
        yield server
    finally:
        server.kill()


class Spender:
    """An app that spends for one account, by turns through both processes."""

    def __init__(self, stand: Stand, second: Server, account: str, secret: str) -> None:
        self._stand = stand
        self._second = second
        self._urls = (stand.url, f"http://127.0.0.1:{second.arguments[-1]}")
        self._headers = {"authorization": f"Bearer {secret}", "chenu-account": account}

    async def wait_ready(self) -> None:
        async def are_up() -> bool:
            self._stand.web.revive()
            self._second.revive()
            try:
                answers = [await self._stand.http.get(f"{url}/readyz") for url in self._urls]
            except httpx.HTTPError:
                return False
            return all(answer.status_code == 200 for answer in answers)

        await until(are_up)

    async def send(self, turn: int, key: str, amount: int = 1) -> Json:
        """One tokenSpend, and its answer; raises httpx.HTTPError without one."""
        sent = {"amount": amount, "reason": "A race", "idempotencyKey": key}
        query = document_of("SpendTokens")
        body = {"query": query, "variables": {"input": sent}, "operationName": "SpendTokens"}
        url = f"{self._urls[turn % 2]}/graphql"
        answer = await self._stand.http.post(url, json=body, headers=self._headers)
        if answer.status_code >= 500:
            raise httpx.TransportError(f"{answer.status_code}: {answer.text[:300]}")
        found: Json = answer.json()
        return found

    async def try_to_send(self, turn: int, key: str) -> Json | None:
        try:
            return await self.send(turn, key)
        except httpx.HTTPError:
            return None

    async def send_until_answered(self, turn: int, key: str) -> Json:
        """As a client does: again with the same key, through whichever process is there."""
        while (answer := await self.try_to_send(turn, key)) is None:
            self._stand.web.revive()
            self._second.revive()
            await asyncio.sleep(0.05)
            turn += 1
        return answer


async def make_spender(stand: Stand, second: Server, tokens: int) -> tuple[Spender, Any]:
    """With an account that has so many tokens."""
    person = await make_person(f"s{uuid4().hex[:12]}", TierCode.FREE)
    account_id = person.actor.require_account(ApiScope.READ)
    if tokens:
        await give(account_id, tokens)
    secret = await create_service_key("races", stand.services.settings.secret)
    spender = Spender(stand, second, gid("Account", account_id), secret)
    await spender.wait_ready()
    return spender, account_id


def entry_of(answer: Json) -> Json | None:
    found: Json | None = answer["data"]["tokenSpend"]["entry"]
    return found


def refusals(answers: Sequence[Json]) -> list[str]:
    payloads = [answer["data"]["tokenSpend"] for answer in answers]
    return [error["code"] for payload in payloads for error in payload["userErrors"]]


async def balance_of(account_id: Any) -> int:
    sql = "SELECT balance FROM ledger_account WHERE kind = 'TOKEN_WALLET' AND owner_id = $1"
    return int(await db.fetch_value(sql, account_id))


async def count_spends(account_id: Any) -> int:
    return await count("token_entry", "kind = 'SPEND' AND account_id = $1", account_id)


async def assert_books_hold() -> None:
    assert [found for found in await check_ledger(whole=True) if not found.ok] == []


async def test_of_fifty_spends_of_twenty_tokens_exactly_twenty_succeed(
    stand: Stand, second: Server
) -> None:
    spender, account_id = await make_spender(stand, second, 0)
    for round_ in range(runs(50)):
        await give(account_id, 20)

        sent = (spender.send(n, f"round {round_} key {n}") for n in range(50))
        answers = await asyncio.gather(*sent)

        entries = [entry for answer in answers if (entry := entry_of(answer))]
        assert sorted(entry["balanceAfter"] for entry in entries) == list(range(20))
        assert refusals(answers) == ["INSUFFICIENT_TOKENS"] * 30
        assert await balance_of(account_id) == 0
        assert await count_spends(account_id) == 20 * (round_ + 1)
    await assert_books_hold()


async def test_one_key_from_twenty_tasks_is_one_spend(stand: Stand, second: Server) -> None:
    spender, account_id = await make_spender(stand, second, 100)
    for round_ in range(runs(50)):
        key = f"round {round_}"

        answers = await asyncio.gather(*(spender.send(n, key) for n in range(20)))
        others = await asyncio.gather(*(spender.send(n, key, 2) for n in range(3)))

        assert entry_of(answers[0]) is not None
        assert [entry_of(answer) for answer in answers] == [entry_of(answers[0])] * 20
        assert {each["errors"][0]["extensions"]["code"] for each in others} == {
            "IDEMPOTENCY_CONFLICT"
        }
        assert await count_spends(account_id) == round_ + 1
    await assert_books_hold()


@pytest.mark.parametrize("point", CRASH_POINTS)
async def test_a_crash_in_a_group_commit_loses_no_answer_and_gives_none_twice(
    stand: Stand, second: Server, point: str
) -> None:
    for _ in range(runs(2)):
        deaths = stand.web.deaths
        spender, account_id = await make_spender(stand, second, 100)
        stand.web.arm(point)

        answers = await _spend_until_answered(spender, 40)

        await stand.web.require_one_death_since(deaths)
        await _assert_each_spent_once(account_id, answers, 60)


@pytest.mark.parametrize("seed", seeds(2))
async def test_kills_at_any_moment_lose_no_answer_and_give_none_twice(
    stand: Stand, second: Server, seed: int
) -> None:
    chance = random.Random(seed)
    spender, account_id = await make_spender(stand, second, 200)

    async def kill_some_time() -> None:
        for server in (stand.web, second):
            await asyncio.sleep(chance.uniform(0.02, 0.2))
            server.kill()

    killing = asyncio.create_task(kill_some_time())
    answers = await _spend_until_answered(spender, 150)
    await killing
    await spender.wait_ready()

    await _assert_each_spent_once(account_id, answers, 50)


async def test_a_process_that_stops_answers_what_it_has_begun(stand: Stand, second: Server) -> None:
    spender, account_id = await make_spender(stand, second, 100)
    sending = [asyncio.create_task(spender.try_to_send(0, f"key {n}")) for n in range(40)]

    async def has_begun() -> bool:
        return await count_spends(account_id) > 0

    await until(has_begun)
    assert stand.web.process is not None
    stand.web.process.terminate()
    answers = [answer for answer in await asyncio.gather(*sending) if answer]

    assert len(answers) == await count_spends(account_id)
    stand.web.process.join()
    assert stand.web.process.exitcode == 0
    await _assert_each_spent_once(account_id, await _spend_until_answered(spender, 40), 60)


async def _spend_until_answered(spender: Spender, spends: int) -> list[Json]:
    sending = (spender.send_until_answered(n, f"key {n}") for n in range(spends))
    return list(await asyncio.gather(*sending))


async def _assert_each_spent_once(account_id: Any, answers: list[Json], left: int) -> None:
    """Each key has an entry of its own, and nothing was taken besides."""
    ids = {entry["id"] for answer in answers if (entry := entry_of(answer))}
    assert len(ids) == len(answers) == await count_spends(account_id)
    assert await balance_of(account_id) == left
    await assert_books_hold()
