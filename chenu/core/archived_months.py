"""What the files of archived months must say. Written by the owner of the tables alone."""

from collections.abc import Sequence
from datetime import date, datetime

import msgspec

from chenu.core import db
from chenu.core.ids import new_id
from chenu.core.months import Month
from chenu.core.rows import Columns, insert
from chenu.core.tables import ArchivedMonth as ArchivedMonthTable


class ArchivedMonth(msgspec.Struct, frozen=True):
    """`month` is its first day; `hash` is SHA-256 over its rows, `sums` is JSON."""

    table_name: str
    month: date
    rows: int
    sums: str
    hash: bytes


_COLUMNS = Columns(ArchivedMonth, ArchivedMonthTable).select()


async def find_archived(table: str, month: Month) -> ArchivedMonth | None:
    sql = f"SELECT {_COLUMNS} FROM archived_month WHERE table_name = $1 AND month = $2"  # noqa: S608 - own columns
    return await db.find_one(ArchivedMonth, sql, table, month.first_day)


async def list_archived(table: str) -> Sequence[ArchivedMonth]:
    """The oldest first."""
    sql = f"SELECT {_COLUMNS} FROM archived_month WHERE table_name = $1 ORDER BY month"  # noqa: S608 - own columns
    return await db.fetch_all(ArchivedMonth, sql, table)


async def record_archived(month: ArchivedMonth, at: datetime) -> None:
    values = {
        "id": new_id(),
        "table_name": month.table_name,
        "month": month.month,
        "rows": month.rows,
        "sums": month.sums,
        "hash": month.hash,
        "archived_at": at,
    }
    await insert(ArchivedMonthTable, values)


async def forget_archived(table: str, month: Month) -> None:
    """It is back."""
    sql = "DELETE FROM archived_month WHERE table_name = $1 AND month = $2"
    await db.execute(sql, table, month.first_day)
