"""The chain over the journal: whoever changes history past every rule is seen."""

import asyncio
from contextvars import Context

import pytest

from chenu.core import db
from chenu.core.ids import new_id
from chenu.core.money import Cents
from chenu.flows.services import Services
from chenu.ledger import seals
from chenu.ledger.accounts import BUYER_PAYMENTS, PLATFORM_REVENUE, creator_payable
from chenu.ledger.amounts import euros
from chenu.ledger.invariants import INVARIANTS, check_all, check_ledger
from chenu.ledger.journal import LedgerEntry, LedgerTransaction, credit, debit, post
from chenu.ledger.sealed_entries import SealedEntry, read_entries
from chenu.ledger.seals import find_checked, seal_entries, verify_seals
from tests.conftest import Engines
from tests.rows import count, unguarded


async def book(times: int = 1) -> None:
    for _ in range(times):
        async with db.transaction():
            await _post()


async def _post() -> None:
    entries = (
        LedgerEntry(BUYER_PAYMENTS, euros(Cents(-10))),
        LedgerEntry(PLATFORM_REVENUE, euros(Cents(10))),
    )
    await post(LedgerTransaction(f"sale:{new_id()}", "TEST", new_id(), entries))


async def broken_seals() -> list[str]:
    return (await verify_seals()).broken


async def violated(*, whole: bool) -> dict[str, tuple[str, ...]]:
    found = await check_ledger(whole=whole)
    return {finding.name: finding.samples for finding in found if not finding.ok}


@pytest.fixture
async def three_seals(services: Services) -> None:
    """Each over two bookings of two entries: entries 1 to 12."""
    for _ in range(3):
        await book(2)
        assert await seal_entries() == 4


async def test_a_chain_that_nobody_touched_verifies(three_seals: None) -> None:
    assert await broken_seals() == []
    assert await violated(whole=True) == {}
    assert await seal_entries() == 0


async def test_entries_that_wait_for_their_seal_are_no_violation(three_seals: None) -> None:
    await book()

    assert await broken_seals() == []


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
            "UPDATE ledger_entry e SET ledger_account_id ="
            " (SELECT id FROM ledger_account WHERE id <> e.ledger_account_id) WHERE e.id = 7",
            ["entries 5 to 8"],
        ),
        ("UPDATE ledger_entry SET account_id = gen_random_uuid() WHERE id = 7", ["entries 5 to 8"]),
        (
            "UPDATE ledger_account SET asset = 'TOKEN'",
            ["entries 1 to 4", "entries 5 to 8", "entries 9 to 12"],
        ),
        ("DELETE FROM ledger_seal WHERE id = 1", ["entries 5 to 8"]),
        ("DELETE FROM ledger_seal WHERE id = 2", ["entries 9 to 12"]),
        ("UPDATE ledger_seal SET hash = previous_hash WHERE id = 2",
         ["entries 5 to 8", "entries 9 to 12"]),
        ("UPDATE ledger_seal SET first_entry = 6 WHERE id = 2", ["entries 5 to 8"]),
    ],
    ids=[
        "amounts", "moved entry", "deleted entries", "kind", "key", "date", "account",
        "whose books", "asset", "first seal gone", "middle seal gone", "changed seal",
        "narrowed seal",
    ],
)  # fmt: skip
async def test_tampering_is_found(
    engines: Engines, three_seals: None, tampering: str, found: list[str]
) -> None:
    async with unguarded(engines) as connection:
        await connection.execute(tampering)

    broken = await broken_seals()

    assert broken
    if "first_entry" not in tampering:
        assert broken == found
    assert "I13" in await violated(whole=True)


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
    assert await broken_seals() == []


async def test_many_sealers_and_posters_leave_one_chain(services: Services) -> None:
    tasks = [task for _ in range(10) for task in (book(2), seal_entries(), seal_entries())]

    await asyncio.gather(*tasks)
    await seal_entries()

    assert await broken_seals() == []
    sealed = "SELECT sum(last_entry - first_entry + 1)::int FROM ledger_seal"
    assert await db.fetch_value(sealed) == await count("ledger_entry") == 40


async def test_ids_that_a_rollback_skipped_do_not_break_the_chain(services: Services) -> None:
    await book()
    with pytest.raises(ZeroDivisionError):
        await _post_and_fail()
    await book()

    assert await seal_entries() == 4
    assert await broken_seals() == []


async def _post_and_fail() -> None:
    async with db.transaction():
        await _post()
        raise ZeroDivisionError


async def test_a_long_backlog_is_sealed_in_batches(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seals, "_BATCH", 6)
    await book(5)

    assert await seal_entries() == 10

    assert await seal_entries() == 0
    assert await count("ledger_seal") == 2
    assert await broken_seals() == []


async def test_sealing_goes_on_while_as_much_is_posted_as_it_sealed(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seals, "_BATCH", 6)
    await book(3)
    read, posted = read_entries, iter([3, 3, 1])

    async def read_while_others_post(start: int, end: int) -> list[SealedEntry]:
        found = await read(start, end)
        await asyncio.create_task(book(next(posted, 0)), context=Context())
        return found

    monkeypatch.setattr(seals, "read_entries", read_while_others_post)

    assert await seal_entries() == 6 + 6 + 6 + 2


async def test_nobody_waits_while_entries_are_read_and_hashed(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    await book()
    read, reading, may_hash = read_entries, asyncio.Event(), asyncio.Event()

    async def read_slowly(start: int, end: int) -> list[SealedEntry]:
        reading.set()
        await may_hash.wait()
        return await read(start, end)

    monkeypatch.setattr(seals, "read_entries", read_slowly)
    sealing = asyncio.create_task(seal_entries())
    await reading.wait()

    await book(20)
    may_hash.set()

    assert await sealing == 2
    assert await seal_entries() == 40
    assert await broken_seals() == []


async def test_entries_are_not_sealed_in_a_transaction(services: Services) -> None:
    async with db.transaction():
        with pytest.raises(RuntimeError):
            await seal_entries()


async def test_the_hourly_check_goes_on_from_where_it_found_the_books_whole(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    await book(2)
    await seal_entries()
    assert await violated(whole=False) == {}
    assert (await find_checked()).last_entry == 4
    await book(1)
    await seal_entries()
    read, starts = read_entries, []

    async def record(start: int, end: int) -> list[SealedEntry]:
        starts.append(start)
        return await read(start, end)

    monkeypatch.setattr(seals, "read_entries", record)

    assert await violated(whole=False) == {}
    assert await violated(whole=False) == {}
    assert starts == [5]
    assert await violated(whole=True) == {}
    assert starts == [5, 1, 5]


@pytest.mark.parametrize(
    ("entries", "hourly"), [((1, 2), False), ((5, 6), True)], ids=["checked before", "booked since"]
)
async def test_what_was_checked_before_is_looked_at_again_by_hand(
    engines: Engines, services: Services, entries: tuple[int, int], hourly: bool
) -> None:
    await book(2)
    await seal_entries()
    assert await violated(whole=False) == {}
    await book(1)
    await seal_entries()
    async with unguarded(engines) as connection:
        tampering = "UPDATE ledger_entry SET amount = amount * 2 WHERE id = ANY($1)"
        await connection.execute(tampering, entries)

    first, second = await violated(whole=False), await violated(whole=False)

    assert ("I13" in first) == ("I13" in second) == hourly
    assert "I13" in await violated(whole=True)
    assert (await find_checked()).last_entry == (4 if hourly else 6)


async def test_a_chain_cut_short_is_seen_where_it_was_checked(
    engines: Engines, three_seals: None
) -> None:
    assert await violated(whole=False) == {}
    async with unguarded(engines) as connection:
        await connection.execute("DELETE FROM ledger_seal WHERE id = 3")

    assert "checked before, is gone" in (await violated(whole=False))["I13"][0]
    assert "checked before, is gone" in (await violated(whole=True))["I13"][0]


@pytest.mark.parametrize("name", ["I1", "I2"])
async def test_sums_are_checked_of_what_was_booked_since(
    engines: Engines, services: Services, name: str
) -> None:
    [invariant] = [found for found in INVARIANTS if found.name == name]
    await book(1)
    async with db.transaction():
        creator = creator_payable(new_id())
        entries = (debit(BUYER_PAYMENTS, euros(Cents(5))), credit(creator, euros(Cents(5))))
        await post(LedgerTransaction("sale", "TEST", new_id(), entries))
    async with unguarded(engines) as connection:
        await connection.execute("UPDATE ledger_entry SET amount = 6 WHERE id = 4")

    found = [len((await check_all([invariant], after=after))[0].samples) for after in (0, 2, 4)]

    assert found == [1, 1, 0]
