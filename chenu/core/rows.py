"""What is read and written of a table, derived from its one declaration in `tables.py`.

A row class names what is read; its fields are columns unless the declaration says which column, or
which SQL expression, they stand for. A field that is no column fails when the module is imported.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, Generic, TypeVar, get_type_hints
from uuid import UUID

from piccolo.table import Table

from chenu.core import db

Row = TypeVar("Row")


class Columns(Generic[Row]):
    """A row class and its table.

    `expressions` maps a field to SQL with `{0}` before each column name. A plain column name is
    enough where only the name differs.
    """

    def __init__(self, row: type[Row], table: type[Table], **expressions: str) -> None:
        self.row, self.table = row, table
        self.sources = {name: expressions.get(name, name) for name in get_type_hints(row)}
        unknown = sorted(expressions.keys() - self.sources.keys())
        known = columns_of(table)
        unknown += sorted(s for s in self.sources.values() if s.isidentifier() and s not in known)
        if unknown:
            raise TypeError(f"{row.__name__} of {table.__name__}: {', '.join(unknown)}")

    def select(self, alias: str = "") -> str:
        """The column list of a SELECT, in the order of the fields.

        `alias` is the table's name there.
        """
        return ", ".join(self.read(name, alias) for name in self.sources)

    def read(self, name: str, alias: str = "") -> str:
        """One field in such a list. Raises KeyError for what is no field."""
        return _read(name, self.sources[name], f"{alias}." if alias else "")

    async def insert(self, row: Row, suffix: str = "") -> int:
        """Writes every field that is a column; returns the number of rows written."""
        plain = {name: source for name, source in self.sources.items() if source.isidentifier()}
        values = {source: getattr(row, name) for name, source in plain.items()}
        return await insert(self.table, values, suffix)


def _read(name: str, source: str, before: str) -> str:
    if source.isidentifier():
        return f"{before}{source}" if source == name else f"{before}{source} AS {name}"
    return f"{source.format(before)} AS {name}"


async def insert(table: type[Table], values: Mapping[str, Any], suffix: str = "") -> int:
    """Inserts one row; `suffix` is SQL such as ON CONFLICT. Returns the number of rows written.

    Columns that are not named get the database's default. Raises the driver's errors.
    """
    return await db.execute(_insert_statement(table, tuple(values), suffix), *values.values())


async def update(table: type[Table], row_id: UUID | None, values: Mapping[str, Any]) -> int:
    """Updates the named columns of the row with this id; returns the number of rows changed."""
    statement = _update_statement(table, tuple(values))
    return await db.execute(statement, row_id, *values.values())


@cache
def _update_statement(table: type[Table], names: tuple[str, ...]) -> str:
    changes = ", ".join(f'"{name}" = ${number}' for number, name in enumerate(names, start=2))
    return f"UPDATE {_name(table)} SET {changes} WHERE id = $1"  # noqa: S608 - our tables


@cache
def _insert_statement(table: type[Table], names: tuple[str, ...], suffix: str) -> str:
    places = ", ".join(f"${number}" for number in range(1, len(names) + 1))
    columns = ", ".join(f'"{name}"' for name in names)
    return f"INSERT INTO {_name(table)} ({columns}) VALUES ({places}) {suffix}"  # noqa: S608 - our tables


def _name(table: type[Table]) -> str:
    return table._meta.tablename  # noqa: SLF001 - where Piccolo describes a table


@cache
def columns_of(table: type[Table]) -> frozenset[str]:
    """The names of a table's columns in the database."""
    columns = table._meta.columns  # noqa: SLF001 - where Piccolo describes a table
    return frozenset(column._meta.db_column_name for column in columns)  # noqa: SLF001
