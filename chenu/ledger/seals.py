"""The hash chain over the ledger: entries are sealed in batches, and seals verified end to end.

Ids say their month (docs/decisions/0099). A seal ends with its month: the last of one reaches to
the first id of the next, so that nothing fits between them.
"""

from collections.abc import AsyncIterator, Collection

import msgspec

from chenu.core import db
from chenu.core.clock import business_now, system_now
from chenu.ledger.archives import find_broken_archives, list_archives
from chenu.ledger.sealed_entries import IDS_OF_MONTH, Seal, chain, read_entries

_BATCH = 10_000
_PAGE = 1_000
_SEALING_LOCK = "ledger seal"


class SealPosition(msgspec.Struct, frozen=True):
    """A position in the chain: the last entry before it, and the hash that the next seal
    continues.
    """

    last_entry: int
    hash: bytes


GENESIS = SealPosition(0, bytes(32))


class SealReport(msgspec.Struct, frozen=True):
    """One line per seal that does not match; `reached` is the last seal that was verified."""

    broken: list[str]
    reached: SealPosition


async def seal_entries() -> int:
    """Seals committed entries batch by batch; returns the number sealed.

    Postings wait only while the last id is read, never for the hashing. Where a month has begun,
    the ids of what is posted afterwards are of it.
    """
    if db.in_transaction():
        raise RuntimeError("sealing would hold postings off until its caller's commit")
    sealed = last_pass = await _seal_until(await _last_final_entry())
    while last_pass >= _BATCH:  # more may have been posted meanwhile
        last_pass = await _seal_until(await _last_final_entry())
        sealed += last_pass
    return sealed


async def _seal_until(final: int) -> int:
    sealed = 0
    while (batch := await _seal_batch(final)) is not None:
        sealed += batch
    return sealed


async def _seal_batch(final: int) -> int | None:
    """None if nothing is left; a batch of ids that were rolled back has no entries."""
    async with db.transaction():
        await db.lock_until_commit(_SEALING_LOCK)
        last = await _find_last_seal()
        end = await _find_end(last.last_entry, final)
        return None if end is None else await _write_seal(last, end)


async def _find_end(last_entry: int, final: int) -> int | None:
    """Of the next seal: the month ends where the next entry is of a later one."""
    sql = "SELECT id FROM ledger_entry WHERE id > $1 AND id <= $2 ORDER BY id LIMIT 1"
    following = await db.fetch_value(sql, last_entry, final)
    if following is None:
        return None
    month = (last_entry + 1) // IDS_OF_MONTH * IDS_OF_MONTH
    if (of_next := following // IDS_OF_MONTH * IDS_OF_MONTH) > month:
        return int(of_next - 1)
    return min(final, last_entry + _BATCH, month + IDS_OF_MONTH - 1)


async def verify_seals(start: SealPosition = GENESIS) -> SealReport:
    """Verifies every seal after `start` against its predecessor and the current entries.

    Seals that an hourly check has verified must exist, because a shortened chain would be valid by
    itself. Entries of a month that is in a file are verified by its file; what remained of it is
    verified here with the whole chain.
    """
    broken, previous = await _find_cut(), start
    archived = {each.first_id // IDS_OF_MONTH for each in await list_archives()}
    async for seal in _seals_after(start.last_entry):
        if not await _is_next(seal, previous, archived):
            broken.append(f"entries {seal.first_entry} to {seal.last_entry}")
        previous = SealPosition(seal.last_entry, seal.hash)
    if start == GENESIS:
        broken += await find_broken_archives()
    return SealReport(broken, previous)


async def _is_next(seal: Seal, previous: SealPosition, archived: Collection[int]) -> bool:
    if (seal.first_entry, seal.previous_hash) != (previous.last_entry + 1, previous.hash):
        return False
    if seal.first_entry // IDS_OF_MONTH in archived:
        return True
    entries = await read_entries(seal.first_entry, seal.last_entry)
    return chain(previous.hash, entries) == seal.hash


async def find_checked() -> SealPosition:
    """The position up to which the hourly check found the books correct.

    GENESIS before the first.
    """
    sql = "SELECT last_entry, hash FROM ledger_check"
    return await db.find_one(SealPosition, sql) or GENESIS


async def _find_cut() -> list[str]:
    seen = await find_checked()
    sql = "SELECT count(*) FROM ledger_seal WHERE last_entry = $1 AND hash = $2"
    if seen == GENESIS or await db.fetch_value(sql, seen.last_entry, seen.hash):
        return []
    return [f"the seal up to entry {seen.last_entry}, checked before, is gone"]


async def record_checked(position: SealPosition) -> None:
    """Never moves back, because concurrent checks may end in any order."""
    sql = """
        INSERT INTO ledger_check (id, last_entry, hash, checked_at) VALUES (1, $1, $2, $3)
        ON CONFLICT (id) DO UPDATE SET last_entry = excluded.last_entry, hash = excluded.hash,
            checked_at = excluded.checked_at
        WHERE ledger_check.last_entry <= excluded.last_entry
    """
    await db.execute(sql, position.last_entry, position.hash, system_now())


async def _last_final_entry() -> int:
    return int(await db.fetch_value("SELECT last_final_entry($1)", business_now()))


async def _find_last_seal() -> SealPosition:
    sql = "SELECT last_entry, hash FROM ledger_seal ORDER BY last_entry DESC LIMIT 1"
    return await db.find_one(SealPosition, sql) or GENESIS


async def _seals_after(last_entry: int) -> AsyncIterator[Seal]:
    """In the chain's order, in pages: two seals a minute are a million a year."""
    sql = """
        SELECT first_entry, last_entry, previous_hash, hash FROM ledger_seal
        WHERE last_entry > $1 ORDER BY last_entry LIMIT $2
    """
    while page := await db.fetch_all(Seal, sql, last_entry, _PAGE):
        for seal in page:
            yield seal
        last_entry = page[-1].last_entry


async def _write_seal(last: SealPosition, end: int) -> int:
    start = last.last_entry + 1
    entries = await read_entries(start, end)
    sql = """
        INSERT INTO ledger_seal (first_entry, last_entry, previous_hash, hash, sealed_at)
        VALUES ($1, $2, $3, $4, $5)
    """
    await db.execute(sql, start, end, last.hash, chain(last.hash, entries), system_now())
    return len(entries)


async def find_last_sealed() -> int:
    """The last entry that is sealed: none with a smaller number is ever added."""
    return (await _find_last_seal()).last_entry
