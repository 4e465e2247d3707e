"""Transactions that meet locks of others: retried a few times, then refused with a message."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest
from structlog.testing import capture_logs

from chenu.core import db
from chenu.core.errors import Busy, Unavailable
from chenu.flows.services import Services
from tests.conftest import Engines
from tests.rows import fingerprint

_TRIES = "SELECT tries FROM attempt_window WHERE subject = $1"


async def put_windows(*subjects: str) -> None:
    for subject in subjects:
        sql = "INSERT INTO attempt_window (subject, started_at, tries) VALUES ($1, now(), 0)"
        await db.execute(sql, subject)


async def add(subject: str) -> None:
    await db.execute("UPDATE attempt_window SET tries = tries + 1 WHERE subject = $1", subject)


@asynccontextmanager
async def held(engines: Engines, subject: str) -> AsyncIterator[Any]:
    """Another process's transaction has locked the row."""
    connection = await asyncpg.connect(engines.postgres_url)
    try:
        await connection.execute("BEGIN")
        sql = "SELECT 1 FROM attempt_window WHERE subject = $1 FOR UPDATE"
        await connection.execute(sql, subject)
        yield connection
    finally:
        await connection.close()


async def test_the_victim_of_a_deadlock_comes_again(services: Services) -> None:
    await put_windows("one", "two")
    both_hold = asyncio.Barrier(2)
    attempts = 0

    async def add_both(first: str, second: str) -> None:
        nonlocal attempts
        attempts += 1
        await add(first)
        if attempts <= 2:
            await both_hold.wait()
        await add(second)

    with capture_logs() as logs:
        await asyncio.gather(
            db.run_in_transaction(lambda: add_both("one", "two")),
            db.run_in_transaction(lambda: add_both("two", "one")),
        )

    assert [await db.fetch_value(_TRIES, name) for name in ("one", "two")] == [2, 2]
    # A second one is possible: the victim may take its first row again before the other wakes up.
    assert {line["cause"] for line in logs} == {"DeadlockDetectedError"}


async def test_what_could_not_be_serialised_comes_again(
    services: Services, engines: Engines
) -> None:
    await put_windows("one")
    other = await asyncpg.connect(engines.postgres_url)
    attempts = 0

    @db.transactional
    async def add_as_alone() -> int:
        nonlocal attempts
        attempts += 1
        await db.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        seen: int = await db.fetch_value(_TRIES, "one")
        if attempts == 1:
            await other.execute("UPDATE attempt_window SET tries = 7")
        await add("one")
        return seen

    seen = await add_as_alone()
    await other.close()

    assert (seen, await db.fetch_value(_TRIES, "one")) == (7, 8)


async def _add_soon() -> None:
    await db.execute("SET LOCAL lock_timeout = '10ms'")
    await add("two")
    await add("one")


async def _add_in_a_plain_transaction() -> None:
    async with db.transaction():
        await _add_soon()


async def _add_in_a_repeated_one() -> None:
    await db.run_in_transaction(_add_soon)


@pytest.mark.parametrize(
    "write", [_add_in_a_plain_transaction, _add_in_a_repeated_one], ids=["plain", "repeated"]
)
async def test_who_waits_in_vain_is_asked_to_try_again_and_nothing_changed(
    services: Services, engines: Engines, write: Any
) -> None:
    await put_windows("one", "two")
    before = await fingerprint()

    async with held(engines, "one"):
        with pytest.raises(Busy, match="please try again"):
            await write()

    assert await fingerprint() == before
    assert [await db.fetch_value(_TRIES, name) for name in ("one", "two")] == [0, 0]


async def test_a_lock_that_is_given_back_meanwhile_is_taken(
    services: Services, engines: Engines
) -> None:
    await put_windows("one", "two")
    attempts = 0

    async with held(engines, "one") as other:

        async def add_soon() -> None:
            nonlocal attempts
            attempts += 1
            if attempts == 3:
                await other.execute("ROLLBACK")
            await _add_soon()

        await db.run_in_transaction(add_soon)

    assert attempts == 3
    assert [await db.fetch_value(_TRIES, name) for name in ("one", "two")] == [1, 1]


async def test_a_part_of_a_transaction_is_repeated_with_the_whole(
    services: Services, engines: Engines
) -> None:
    await put_windows("one", "two", "whole")

    async def whole() -> None:
        await add("whole")
        await db.run_in_transaction(_add_soon)

    async with held(engines, "one") as other:

        async def release_at_last() -> None:
            await asyncio.sleep(0.05)
            await other.execute("ROLLBACK")

        await asyncio.gather(db.run_in_transaction(whole), release_at_last())

    assert await db.fetch_value(_TRIES, "whole") == 1


async def test_an_error_of_ours_is_not_repeated(services: Services) -> None:
    attempts = 0

    @db.transactional
    async def fail() -> None:
        nonlocal attempts
        attempts += 1
        raise KeyError("of ours")

    with pytest.raises(KeyError):
        await fail()

    assert attempts == 1


async def test_a_statement_without_end_is_busy_and_its_connection_is_not_lost(
    services: Services,
) -> None:
    async def sleep() -> None:
        await db.execute("SET LOCAL statement_timeout = '10ms'")
        await db.execute("SELECT pg_sleep(60)")

    with capture_logs() as logs, pytest.raises(Busy):
        await db.run_in_transaction(sleep)

    assert {line["event"] for line in logs} == {"statement_too_slow"}
    assert issubclass(Busy, Unavailable)
    assert Busy.code == "UNAVAILABLE"
