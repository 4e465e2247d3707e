"""Months of the ledger whose transactions of tokens are in files: what the books still say of them.

Money stays. Of tokens the sums stay, by account, as openings; and the hash of all that stays goes
on from the month's last seal, so that none of it is changed unseen. docs/decisions/0099
"""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from uuid import UUID

import msgspec
from msgspec.structs import replace

from chenu.core import db
from chenu.core.clock import system_now
from chenu.core.ids import new_id
from chenu.core.rows import Columns, insert
from chenu.ledger.sealed_entries import BOOKS, list_seals_of, read_entries
from chenu.ledger.tables import LedgerArchive as LedgerArchiveTable

STAYS = timedelta(days=396)
"""So long all of a month is here: cards allow disputes for 120 days, and plans are refunded within
a year.
"""


class LedgerArchive(msgspec.Struct, frozen=True):
    """`month` is its first day, of the entries from `first_id` to `last_id`.

    `rows` and `file_hash` are of the file, one row an entry.
    """

    id: UUID
    month: date
    first_id: int
    last_id: int
    rows: int
    file_hash: bytes
    remaining_hash: bytes


class Opening(msgspec.Struct, frozen=True):
    """What entries that are in a file add up to: of one ledger account, of one customer account."""

    ledger_account_id: UUID
    account_id: UUID
    amount: int

    def digest_input(self) -> bytes:
        return f"{self.ledger_account_id}\x1f{self.account_id}\x1f{self.amount}\x1e".encode()


_COLUMNS = Columns(LedgerArchive, LedgerArchiveTable).select()
_STANDING = f"""
    SELECT {_COLUMNS} FROM ledger_archive a WHERE restored IS NULL
        AND NOT EXISTS (SELECT 1 FROM ledger_archive r WHERE r.restored = a.id)
"""  # noqa: S608 - own columns
_OPENINGS = """
    SELECT ledger_account_id, account_id, amount FROM ledger_opening WHERE archive = $1
    ORDER BY ledger_account_id, account_id
"""


async def list_archives() -> Sequence[LedgerArchive]:
    """Of months that are in files now, the oldest first."""
    return await db.fetch_all(LedgerArchive, f"{_STANDING} ORDER BY month")


async def find_archive(month: date) -> LedgerArchive | None:
    return await db.find_one(LedgerArchive, f"{_STANDING} AND month = $1", month)


async def is_closed(last_id: int) -> bool:
    """Whether a seal reaches to the end of the month: nothing is added to it any more."""
    sql = "SELECT EXISTS (SELECT 1 FROM ledger_seal WHERE last_entry >= $1)"
    return bool(await db.fetch_value(sql, last_id))


async def record_archive(archive: LedgerArchive, *, restored: UUID | None = None) -> None:
    """In the transaction in which the month becomes thin."""
    row = {
        "id": archive.id,
        "month": archive.month,
        "restored": restored,
        "first_id": archive.first_id,
        "last_id": archive.last_id,
        "rows": archive.rows,
        "file_hash": archive.file_hash,
        "remaining_hash": archive.remaining_hash,
        "recorded_at": system_now(),
    }
    await insert(LedgerArchiveTable, row)


async def record_return(archive: LedgerArchive) -> None:
    """In the transaction in which the month is whole again."""
    await record_archive(replace(archive, id=new_id()), restored=archive.id)


async def list_openings(archive_id: UUID) -> Sequence[Opening]:
    return await db.fetch_all(Opening, _OPENINGS, archive_id)


async def hash_remaining(
    first_id: int, last_id: int, openings: Iterable[Opening], source: str = BOOKS
) -> bytes:
    """Over the month's last seal, the entries that stay and the openings, in this order."""
    seals = await list_seals_of(first_id, last_id)
    digest = hashlib.sha256(seals[-1].hash if seals else b"")
    for seal in seals:
        for entry in await read_entries(seal.first_entry, seal.last_entry, source):
            digest.update(entry.digest_input())
    for opening in openings:
        digest.update(opening.digest_input())
    return digest.digest()


async def find_broken_archives() -> list[str]:
    """Of each month that is in a file and of which something else remains than did then."""
    broken = []
    for archive in await list_archives():
        openings = await list_openings(archive.id)
        found = await hash_remaining(archive.first_id, archive.last_id, openings)
        if found != archive.remaining_hash:
            broken.append(f"what remained of {archive.month:%Y-%m}")
    return broken
