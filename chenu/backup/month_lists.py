"""Where each month is that can be archived."""

from collections.abc import Sequence
from datetime import date

import msgspec

from chenu.backup.ledger_archive import LEDGER
from chenu.backup.month_archive import owning
from chenu.backup.month_tables import ARCHIVABLE, MonthTable
from chenu.backup.token_archive import TOKENS
from chenu.core import db
from chenu.core.archived_months import list_archived
from chenu.core.month_partitions import list_partitions
from chenu.core.months import Month
from chenu.ledger.archives import list_archives
from chenu.settings import Settings


class ListedMonth(msgspec.Struct, frozen=True):
    """`place` in words; `rows` of one that is in a file."""

    name: str
    place: str
    rows: int | None = None


async def list_months(settings: Settings) -> Sequence[ListedMonth]:
    """Of the tables whose months can be archived, the oldest first."""
    async with owning(settings):
        listed = [each for table in sorted(ARCHIVABLE) for each in await _list_of(table)]
        return listed + await _list_ledger() + await _list_tokens()


async def _list_of(table: str) -> list[ListedMonth]:
    in_files = [
        ListedMonth(_name(table, each.month), "in a file", each.rows)
        for each in await list_archived(table)
    ]
    attached = [each.name for each in await list_partitions(table)]
    sql = "SELECT relname::text AS name FROM pg_class WHERE relnamespace = 'months'::regnamespace"
    sql += " AND relkind = 'r' AND starts_with(relname, $1) AND NOT relname = ANY($2) ORDER BY 1"
    loose = [each.name for each in await db.fetch_all(_Named, sql, f"{table}_", attached)]
    return [
        *in_files,
        *(ListedMonth(name, "detached: archive or restore it again") for name in loose),
        *(ListedMonth(name, "attached") for name in attached),
    ]


async def _list_ledger() -> list[ListedMonth]:
    archived = {
        _name("ledger_entry", each.month): ListedMonth(
            _name(LEDGER, each.month), "money here, all of it in a file", each.rows
        )
        for each in await list_archives()
    }
    return [
        archived.get(each.name, ListedMonth(each.name.replace("_entry", ""), "attached"))
        for each in await list_partitions("ledger_entry")
    ]


async def _list_tokens() -> list[ListedMonth]:
    archived = {
        (name := _name(TOKENS, each.month)): ListedMonth(
            name, "without its spends here, all of it in a file", each.rows
        )
        for each in await list_archived(TOKENS)
    }
    return [
        archived.get(each.name, ListedMonth(each.name, "attached"))
        for each in await list_partitions(TOKENS)
    ]


def _name(table: str, first_day: date) -> str:
    return MonthTable(table, Month(first_day.year, first_day.month)).name


class _Named(msgspec.Struct, frozen=True):
    name: str
