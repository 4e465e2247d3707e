"""The hash chain over the ledger: entries are sealed in batches, and seals verified end to end.

Ids say their month (docs/decisions/0099). A seal ends with its month: the last of one reaches to
the first id of the next, so that nothing fits between them.
"""

import hashlib
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chenu.core import db
from chenu.core.clock import business_now, system_now

_BATCH = 10_000
_PAGE = 1_000
_IDS_OF_MONTH = 100_000_000_000
_SEALING_LOCK = "ledger seal"


@dataclass(frozen=True, slots=True)
class _SealedEntry:
    """Everything that must not be changed undetected, in the order in which it is hashed."""

    id: int
    transaction_id: int
    business_key: str
    kind: str
    business_at: datetime
    account_id: UUID
    ledger_account_id: UUID
    ledger_kind: str
    owner_id: UUID | None
    asset: str
    amount: int

    def digest_input(self) -> bytes:
        at = self.business_at.isoformat()
        booked = (self.id, self.transaction_id, self.business_key, self.kind, at, self.account_id)
        where = (self.ledger_account_id, self.ledger_kind, self.owner_id, self.asset, self.amount)
        return "\x1f".join(map(str, (*booked, *where))).encode() + b"\x1e"


@dataclass(frozen=True, slots=True)
class SealPosition:
    """A position in the chain: the last entry before it, and the hash that the next seal
    continues.
    """

    last_entry: int
    hash: bytes


GENESIS = SealPosition(0, bytes(32))


@dataclass(frozen=True, slots=True)
class _Seal:
    first_entry: int
    last_entry: int
    previous_hash: bytes
    hash: bytes


@dataclass(frozen=True, slots=True)
class SealReport:
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
    month = (last_entry + 1) // _IDS_OF_MONTH * _IDS_OF_MONTH
    if (of_next := following // _IDS_OF_MONTH * _IDS_OF_MONTH) > month:
        return int(of_next - 1)
    return min(final, last_entry + _BATCH, month + _IDS_OF_MONTH - 1)


async def verify_seals(start: SealPosition = GENESIS) -> SealReport:
    """Verifies every seal after `start` against its predecessor and the current entries.

    Seals that an hourly check has verified must exist, because a shortened chain would be valid by
    itself.
    """
    broken, previous = await _find_cut(), start
    async for seal in _seals_after(start.last_entry):
        entries = await _entries(seal.first_entry, seal.last_entry)
        is_linked = (
            seal.first_entry == previous.last_entry + 1 and seal.previous_hash == previous.hash
        )
        if not is_linked or _chain(previous.hash, entries) != seal.hash:
            broken.append(f"entries {seal.first_entry} to {seal.last_entry}")
        previous = SealPosition(seal.last_entry, seal.hash)
    return SealReport(broken, previous)


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


async def _seals_after(last_entry: int) -> AsyncIterator[_Seal]:
    """In the chain's order, in pages: two seals a minute are a million a year."""
    sql = """
        SELECT first_entry, last_entry, previous_hash, hash FROM ledger_seal
        WHERE last_entry > $1 ORDER BY last_entry LIMIT $2
    """
    while page := await db.fetch_all(_Seal, sql, last_entry, _PAGE):
        for seal in page:
            yield seal
        last_entry = page[-1].last_entry


async def _write_seal(last: SealPosition, end: int) -> int:
    start = last.last_entry + 1
    entries = await _entries(start, end)
    sql = """
        INSERT INTO ledger_seal (first_entry, last_entry, previous_hash, hash, sealed_at)
        VALUES ($1, $2, $3, $4, $5)
    """
    await db.execute(sql, start, end, last.hash, _chain(last.hash, entries), system_now())
    return len(entries)


async def _entries(start: int, end: int) -> list[_SealedEntry]:
    sql = """
        SELECT e.id, e.transaction_id, t.business_key, t.kind, t.business_at, e.account_id,
            e.ledger_account_id, a.kind AS ledger_kind, a.owner_id, a.asset, e.amount
        FROM ledger_entry e JOIN ledger_transaction t ON t.id = e.transaction_id
        JOIN ledger_account a ON a.id = e.ledger_account_id
        WHERE e.id BETWEEN $1 AND $2 ORDER BY e.id
    """
    return await db.fetch_all(_SealedEntry, sql, start, end)


def _chain(previous: bytes, entries: Iterable[_SealedEntry]) -> bytes:
    digest = hashlib.sha256(previous)
    for entry in entries:
        digest.update(entry.digest_input())
    return digest.digest()


async def find_last_sealed() -> int:
    """The last entry that is sealed: none with a smaller number is ever added."""
    return (await _find_last_seal()).last_entry
