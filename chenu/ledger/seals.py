"""The hash chain over the journal: entries are sealed in batches, and seals verified end to end."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chenu.core import db
from chenu.core.clock import system_now

_BATCH = 10_000
_GENESIS = bytes(32)
_POSTING_LOCK = 7_233_011
_SEALING_LOCK = "ledger seal"


@dataclass(frozen=True, slots=True)
class _SealedEntry:
    """Everything that must not change unseen, in the order in which it is hashed."""

    id: int
    transaction_id: int
    business_key: str
    kind: str
    business_at: datetime
    account_id: UUID
    amount: int

    def digest_input(self) -> bytes:
        at = self.business_at.isoformat()
        parts = (self.id, self.transaction_id, self.business_key, self.kind, at)
        return "\x1f".join(map(str, (*parts, self.account_id, self.amount))).encode() + b"\x1e"


@dataclass(frozen=True, slots=True)
class _Seal:
    first_entry: int
    last_entry: int
    previous_hash: bytes
    hash: bytes


async def hold_off_sealing() -> None:
    """Every posting calls this first: until it commits, no seal is drawn past its entries.

    Ids are handed out before commit, so without it a seal could cover an id whose entry is not
    visible yet.
    """
    await db.execute("SELECT pg_advisory_xact_lock_shared($1)", _POSTING_LOCK)


async def seal_entries() -> int:
    """Seal what is committed and not sealed yet; the number of entries sealed."""
    async with db.transaction():
        await db.lock_until_commit(_SEALING_LOCK)
        last = await _find_last_seal()
        start = last.last_entry + 1 if last else 1
        end = min(await _last_final_entry(), start + _BATCH - 1)
        if end < start:
            return 0
        return await _write_seal(start, end, last.hash if last else _GENESIS)


async def find_broken_seals() -> list[str]:
    """One line per seal that does not match its entries or its predecessor."""
    seals = await db.fetch_all(
        _Seal, "SELECT first_entry, last_entry, previous_hash, hash FROM ledger_seal ORDER BY id"
    )
    broken, expected_start, previous = [], 1, _GENESIS
    for seal in seals:
        entries = await _entries(seal.first_entry, seal.last_entry)
        is_linked = seal.first_entry == expected_start and seal.previous_hash == previous
        if not is_linked or _chain(previous, entries) != seal.hash:
            broken.append(f"entries {seal.first_entry} to {seal.last_entry}")
        expected_start, previous = seal.last_entry + 1, seal.hash
    return broken


async def _last_final_entry() -> int:
    """The highest id below which nothing is under way; waits for running postings."""
    await db.execute("SELECT pg_advisory_xact_lock($1)", _POSTING_LOCK)
    return int(await db.fetch_value("SELECT coalesce(max(id), 0) FROM ledger_entry"))


async def _find_last_seal() -> _Seal | None:
    sql = """
        SELECT first_entry, last_entry, previous_hash, hash FROM ledger_seal
        ORDER BY last_entry DESC LIMIT 1
    """
    return await db.find_one(_Seal, sql)


async def _write_seal(start: int, end: int, previous: bytes) -> int:
    entries = await _entries(start, end)
    sql = """
        INSERT INTO ledger_seal (first_entry, last_entry, previous_hash, hash, sealed_at)
        VALUES ($1, $2, $3, $4, $5)
    """
    await db.execute(sql, start, end, previous, _chain(previous, entries), system_now())
    return len(entries)


async def _entries(start: int, end: int) -> list[_SealedEntry]:
    sql = """
        SELECT e.id, e.transaction_id, t.business_key, t.kind, t.business_at, e.account_id,
            e.amount
        FROM ledger_entry e JOIN ledger_transaction t ON t.id = e.transaction_id
        WHERE e.id BETWEEN $1 AND $2 ORDER BY e.id
    """
    return await db.fetch_all(_SealedEntry, sql, start, end)


def _chain(previous: bytes, entries: Iterable[_SealedEntry]) -> bytes:
    digest = hashlib.sha256(previous)
    for transaction in entries:
        digest.update(transaction.digest_input())
    return digest.digest()
