"""The chain over the journal: whoever changes history past every rule is seen."""

import asyncio

import pytest

from chenu.core import db
from chenu.core.ids import new_id
from chenu.core.money import Cents
from chenu.flows.services import Services
from chenu.ledger import seals
from chenu.ledger.accounts import BUYER_PAYMENTS, PLATFORM_REVENUE
from chenu.ledger.invariants import check_seals
from chenu.ledger.journal import LedgerEntry, LedgerTransaction, post
from chenu.ledger.seals import find_broken_seals, seal_entries
from tests.conftest import Engines
from tests.rows import count, unguarded


async def book(times: int = 1) -> None:
    for _ in range(times):
        async with db.transaction():
            await _post()


async def _post() -> None:
    entries = (LedgerEntry(BUYER_PAYMENTS, Cents(-10)), LedgerEntry(PLATFORM_REVENUE, Cents(10)))
    await post(LedgerTransaction(f"sale:{new_id()}", "TEST", entries))


@pytest.fixture
async def three_seals(services: Services) -> None:
    """Each over two bookings of two entries: entries 1 to 12."""
    for _ in range(3):
        await book(2)
        assert await seal_entries() == 4


async def test_a_chain_that_nobody_touched_verifies(three_seals: None) -> None:
    assert await find_broken_seals() == []
    assert (await check_seals()).ok
    assert await seal_entries() == 0


async def test_entries_that_wait_for_their_seal_are_no_violation(three_seals: None) -> None:
    await book()

    assert await find_broken_seals() == []


@pytest.mark.parametrize(
    ("tampering", "found"),
    [
        ("UPDATE ledger_entry SET amount = amount * 2 WHERE id IN (5, 6)", ["entries 5 to 8"]),
        ("UPDATE ledger_entry SET transaction_id = 1 WHERE id = 12", ["entries 9 to 12"]),
        ("DELETE FROM ledger_entry WHERE id IN (1, 2)", ["entries 1 to 4"]),
        ("UPDATE ledger_transaction SET kind = 'OTHER' WHERE id = 3", ["entries 5 to 8"]),
        ("UPDATE ledger_transaction SET business_key = 'x' WHERE id = 3", ["entries 5 to 8"]),
        (
            "UPDATE ledger_transaction SET business_at = business_at - interval '1 ms'"
            " WHERE id = 1",
            ["entries 1 to 4"],
        ),
        (
            "UPDATE ledger_entry e SET account_id ="
            " (SELECT id FROM ledger_account WHERE id <> e.account_id) WHERE e.id = 7",
            ["entries 5 to 8"],
        ),
        ("DELETE FROM ledger_seal WHERE id = 1", ["entries 5 to 8"]),
        ("DELETE FROM ledger_seal WHERE id = 2", ["entries 9 to 12"]),
        ("UPDATE ledger_seal SET hash = previous_hash WHERE id = 2",
         ["entries 5 to 8", "entries 9 to 12"]),
        ("UPDATE ledger_seal SET first_entry = 6 WHERE id = 2", ["entries 5 to 8"]),
    ],
    ids=[
        "amounts", "moved entry", "deleted entries", "kind", "key", "date", "account",
        "first seal gone", "middle seal gone", "changed seal", "narrowed seal",
    ],
)  # fmt: skip
async def test_tampering_is_found(
    engines: Engines, three_seals: None, tampering: str, found: list[str]
) -> None:
    async with unguarded(engines) as connection:
        await connection.execute(tampering)

    broken = await find_broken_seals()

    assert broken
    if "first_entry" not in tampering:
        assert broken == found
    assert not (await check_seals()).ok


async def test_a_seal_never_passes_an_entry_that_is_not_committed_yet(services: Services) -> None:
    await book()  # opens the accounts, which a second opener would wait for
    await seal_entries()
    written, may_commit = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        async with db.transaction():
            await _post()
            written.set()
            await may_commit.wait()

    entry = asyncio.create_task(slow())
    await written.wait()
    await book()  # ids 5 and 6 commit before 3 and 4
    sealing = asyncio.create_task(seal_entries())
    await asyncio.sleep(0.1)
    assert not sealing.done()
    may_commit.set()

    await entry
    assert await sealing == 4
    assert await find_broken_seals() == []


async def test_many_sealers_and_posters_leave_one_chain(services: Services) -> None:
    tasks = [task for _ in range(10) for task in (book(2), seal_entries(), seal_entries())]

    await asyncio.gather(*tasks)
    await seal_entries()

    assert await find_broken_seals() == []
    sealed = "SELECT sum(last_entry - first_entry + 1)::int FROM ledger_seal"
    assert await db.fetch_value(sealed) == await count("ledger_entry") == 40


async def test_ids_that_a_rollback_skipped_do_not_break_the_chain(services: Services) -> None:
    await book()
    with pytest.raises(ZeroDivisionError):
        await _post_and_fail()
    await book()

    assert await seal_entries() == 4
    assert await find_broken_seals() == []


async def _post_and_fail() -> None:
    async with db.transaction():
        await _post()
        raise ZeroDivisionError


async def test_a_long_backlog_is_sealed_in_batches(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seals, "_BATCH", 6)
    await book(5)

    sealed = [await seal_entries() for _ in range(3)]

    assert sealed == [6, 4, 0]
    assert await find_broken_seals() == []
