"""Tables that administrators may read as they are: the columns that may be shown, and no others.

Each feature declares its own in its `plain_tables.py`. A column that is not named is never read:
no secret, no hash, nothing encrypted, nothing that people wrote. docs/decisions/0075.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from chenu.core import db
from chenu.core.paged_rows import fetch_page
from chenu.core.paging import Key, KeyPart, Keyset, Page, PageRequest


class KeyType(StrEnum):
    """The SQL type of the column by which a table is paged and searched."""

    UUID = "uuid"
    TEXT = "text"
    NUMBER = "bigint"


class PlainTable(msgspec.Struct, frozen=True):
    """The first of `columns` is the key, which an index orders."""

    name: str
    columns: tuple[str, ...]
    key_type: KeyType = KeyType.UUID


class PlainRow(msgspec.Struct, frozen=True):
    """`cells` in the order of the table's columns, as PostgreSQL writes them."""

    cells: list[str | None]

    @property
    def key(self) -> Key:
        found = self.cells[0] or ""
        return (found, found)


_READ: Mapping[KeyType, Callable[[str], Any]] = {
    KeyType.UUID: UUID,
    KeyType.TEXT: str,
    KeyType.NUMBER: int,
}


async def list_plain_rows(table: PlainTable, page: PageRequest) -> Page[PlainRow]:
    """The highest key first: ids of ours grow with time."""
    read = _READ[table.key_type]

    def read_part(part: KeyPart) -> Any:
        return read(str(part))

    key = table.columns[0]
    order = Keyset(
        key, key, cast=table.key_type, read=read_part, id_cast=table.key_type, read_id=read
    )
    return await fetch_page(PlainRow, _select(table), "true", page=page, order=order)


async def find_plain_row(table: PlainTable, key: str) -> PlainRow | None:
    try:
        value = _READ[table.key_type](key)
    except ValueError:
        return None
    if table.key_type is KeyType.NUMBER and abs(value) >= 2**63:
        return None
    return await db.find_one(PlainRow, f"{_select(table)} WHERE {table.columns[0]} = $1", value)


def _select(table: PlainTable) -> str:
    cells = ", ".join(f"{column}::text" for column in table.columns)
    return f"SELECT ARRAY[{cells}] AS cells FROM {table.name}"  # noqa: S608 - names of ours
