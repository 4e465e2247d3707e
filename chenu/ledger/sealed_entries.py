"""Entries as they are sealed, and the seals of a month."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from chenu.core import db

IDS_OF_MONTH = 100_000_000_000
BOOKS = "ledger_entry e JOIN ledger_transaction t ON t.id = e.transaction_id"


class SealedEntry(msgspec.Struct, frozen=True):
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


class Seal(msgspec.Struct, frozen=True):
    first_entry: int
    last_entry: int
    previous_hash: bytes
    hash: bytes


async def read_entries(start: int, end: int, source: str = BOOKS) -> list[SealedEntry]:
    """`source` has entries as `e` and their transactions as `t`: the books or a file's rows."""
    sql = f"""
        SELECT e.id, e.transaction_id, t.business_key, t.kind, t.business_at, e.account_id,
            e.ledger_account_id, a.kind AS ledger_kind, a.owner_id, a.asset, e.amount
        FROM {source} JOIN ledger_account a ON a.id = e.ledger_account_id
        WHERE e.id BETWEEN $1 AND $2 ORDER BY e.id
    """  # noqa: S608 - texts of ours
    return await db.fetch_all(SealedEntry, sql, start, end)


def chain(previous: bytes, entries: Iterable[SealedEntry]) -> bytes:
    digest = hashlib.sha256(previous)
    for entry in entries:
        digest.update(entry.digest_input())
    return digest.digest()


async def list_seals_of(first_id: int, last_id: int) -> Sequence[Seal]:
    """Of a month by its first and last id, in the chain's order: none is of two months."""
    sql = """
        SELECT first_entry, last_entry, previous_hash, hash FROM ledger_seal
        WHERE first_entry BETWEEN $1 AND $2 AND last_entry BETWEEN $1 AND coalesce(
            (SELECT min(last_entry) FROM ledger_seal WHERE last_entry >= $2), $2)
        ORDER BY last_entry
    """
    return await db.fetch_all(Seal, sql, first_id, last_id)


async def find_broken_seals(first_id: int, last_id: int, source: str = BOOKS) -> list[str]:
    """Seals of a month that are not those of its entries in `source`."""
    seals = await list_seals_of(first_id, last_id)
    return [
        f"entries {seal.first_entry} to {seal.last_entry}"
        for seal in seals
        if chain(seal.previous_hash, await read_entries(seal.first_entry, seal.last_entry, source))
        != seal.hash
    ]
