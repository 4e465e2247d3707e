"""A month of a table whose ids say the month, and the tables made beside to be exchanged for it.

THIN has what stays when the month is archived, WHOLE all of it. As the owner of the tables.
docs/decisions/0099
"""

from collections.abc import AsyncIterator, Sequence
from enum import StrEnum

import msgspec

from chenu.core import db
from chenu.core.months import Month
from chenu.ledger.sealed_entries import IDS_OF_MONTH


class Beside(StrEnum):
    THIN = "thin"
    WHOLE = "whole"


class MonthOfTable(msgspec.Struct, frozen=True):
    """Names of its tables are safe in SQL; `column` has the ids that say the month."""

    parent: str
    month: Month
    column: str = "id"

    @property
    def first_id(self) -> int:
        return (self.month.year * 12 + self.month.month - 24_001) * IDS_OF_MONTH

    @property
    def last_id(self) -> int:
        return self.first_id + IDS_OF_MONTH - 1

    def table(self, beside: Beside | None = None) -> str:
        """The month itself, or one of those made beside."""
        return f'months."{self._name(beside)}"'

    def _name(self, beside: Beside | None = None) -> str:
        return name_of_month(self.parent, self.month) + (f"_{beside}" if beside else "")

    async def exists(self) -> bool:
        return bool(await db.fetch_value("SELECT to_regclass($1) IS NOT NULL", self.table()))

    async def make(self, beside: Beside) -> None:
        """Without rows."""
        await db.execute(
            f"CREATE TABLE {self.table(beside)} (LIKE {self.parent} INCLUDING"
            " DEFAULTS INCLUDING CONSTRAINTS INCLUDING GENERATED INCLUDING STORAGE"
            " INCLUDING INDEXES)"
        )

    async def fit(self, beside: Beside) -> None:
        """Once it has its rows: all that is looked at when it is attached is made before."""
        table = self.table(beside)
        await db.execute(
            f"ALTER TABLE {table} ADD CONSTRAINT of_its_month"
            f" CHECK ({self.column} >= {self.first_id} AND {self.column} <= {self.last_id})"
        )
        sql = """
            SELECT conname::text AS name, pg_get_constraintdef(oid) AS rule FROM pg_constraint
            WHERE conrelid = $1::text::regclass AND contype = 'f'
        """
        for key in await db.fetch_all(_Key, sql, self.parent):
            await db.execute(f"ALTER TABLE {table} ADD CONSTRAINT {key.name} {key.rule} NOT VALID")
            await db.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {key.name}")
        await db.execute(f"ANALYZE {table}")

    async def take_out(self, aside: Beside) -> None:
        await db.execute(f"ALTER TABLE {self.parent} DETACH PARTITION {self.table()}")
        await db.execute(f'ALTER TABLE {self.table()} RENAME TO "{self._name(aside)}"')

    async def put_in(self, made: Beside) -> None:
        await db.execute(f'ALTER TABLE {self.table(made)} RENAME TO "{self._name()}"')
        await db.execute(
            f"ALTER TABLE {self.parent} ATTACH PARTITION {self.table()}"
            f" FOR VALUES FROM ({self.first_id}) TO ({self.last_id + 1})"
        )

    async def clear(self) -> None:
        """What was made beside, or exchanged: nothing reads it."""
        for beside in Beside:
            await db.execute(f"DROP TABLE IF EXISTS {self.table(beside)}")


async def exchange(
    months: Sequence[MonthOfTable], new: Beside, old: Beside, *, referred: str
) -> None:
    """In the caller's transaction: nothing is read, who reads or posts waits for a moment.

    `months` are of several tables, those first that others refer to. `referred` is the table that
    their keys lead to: attaching locks it, since keys have triggers there. It is locked before the
    others, because who writes those has mostly read it before: so nobody stands half-way with what
    is needed next.
    """
    await db.execute("SET LOCAL lock_timeout = '500ms'")
    await db.execute(f"LOCK TABLE {referred} IN ACCESS EXCLUSIVE MODE")
    for each in months:
        await db.execute(f"LOCK TABLE {each.parent} IN ACCESS EXCLUSIVE MODE")
    for each in reversed(months):
        await each.take_out(old)
    for each in months:
        await each.put_in(new)


class FileRows(msgspec.Struct, frozen=True):
    """The table into which a file's rows are read; its columns are those of the query `shape`."""

    name: str
    shape: str
    columns: tuple[str, ...]

    @property
    def table(self) -> str:
        return f'months."{self.name}"'

    async def copy_in(self, source: AsyncIterator[bytes]) -> None:
        await self.clear()
        await db.execute(f"CREATE TABLE {self.table} AS {self.shape} WITH NO DATA")
        async with db.connection() as connection:
            await connection.copy_to_table(
                self.name, schema_name="months", source=source, columns=list(self.columns)
            )
        await db.execute(f"ALTER TABLE {self.table} ADD PRIMARY KEY (id)")
        await db.execute(f"ANALYZE {self.table}")

    async def clear(self) -> None:
        await db.execute(f"DROP TABLE IF EXISTS {self.table}")


def name_of_month(name: str, month: Month) -> str:
    return f"{name}_{month.year:04}_{month.month:02}"


class _Key(msgspec.Struct, frozen=True):
    name: str
    rule: str
