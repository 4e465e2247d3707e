"""The tables below a split one: which of its months is attached, and how one leaves and returns.

As the owner of the tables, outside transactions where nobody may wait.
"""

from collections.abc import AsyncIterator
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

import msgspec

from chenu.backup.errors import BackupError
from chenu.backup.month_file import RowsWriter, read_rows
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.months import Month


class Archivable(msgspec.Struct, frozen=True):
    """`sums`: columns that are added up. `shown`: so long people are shown a month's rows."""

    sums: tuple[str, ...]
    shown: timedelta


ARCHIVABLE = {"api_usage": Archivable(("served", "refused"), timedelta(days=731))}
NOT_ARCHIVED = {
    "affiliate_click": "what is stored of visitors is deleted when its time is over, not put aside",
    "stripe_event": "an event that waits must be within reach, and of the others Stripe's ids are"
    " all there is: the purge drops their months",
}
"""Split tables whose months never become files, and why."""


class Place(StrEnum):
    """DETACHING: interrupted meanwhile. DETACHED: a table of its own, which nothing reads."""

    ATTACHED = "ATTACHED"
    DETACHING = "DETACHING"
    DETACHED = "DETACHED"
    ABSENT = "ABSENT"


class MonthTable(msgspec.Struct, frozen=True):
    """`name` is safe in SQL: of a table of ARCHIVABLE and a month's numbers."""

    parent: str
    month: Month

    @property
    def name(self) -> str:
        return f"{self.parent}_{self.month.year:04}_{self.month.month:02}"

    @property
    def bounds(self) -> str:
        return f"FROM ('{self.month.start.isoformat()}') TO ('{self.month.end.isoformat()}')"

    @property
    def rule(self) -> Archivable:
        return ARCHIVABLE[self.parent]

    def require_over(self) -> None:
        """Raises BackupError while somebody is shown the month."""
        if self.month.end > business_now() - self.rule.shown:
            raise BackupError(
                "{month} of {table} is still shown to people: a month is archived {days} days after"
                " its end",
                month=str(self.month),
                table=self.parent,
                days=self.rule.shown.days,
            )

    async def find_place(self) -> Place:
        sql = """
            SELECT CASE WHEN i.inhrelid IS NULL THEN 'DETACHED'
                WHEN i.inhdetachpending THEN 'DETACHING' ELSE 'ATTACHED' END
            FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
            WHERE c.relnamespace = 'months'::regnamespace AND c.relname = $1
        """
        return Place(await db.fetch_value(sql, self.name) or Place.ABSENT)

    async def detach(self) -> None:
        """Nobody waits: readers and writers of the other months go on, and of this one as well."""
        place = await self.find_place()
        if place is Place.ABSENT:
            raise BackupError("there is no month {name}", name=self.name)
        if place is Place.ATTACHED:
            await db.execute(f"ALTER TABLE {self.parent} DETACH PARTITION {self} CONCURRENTLY")
        if place is Place.DETACHING:
            await db.execute(f"ALTER TABLE {self.parent} DETACH PARTITION {self} FINALIZE")

    async def attach(self) -> None:
        """In the caller's transaction. Its keys were checked before: nobody waits for long."""
        sql = f"ALTER TABLE {self.parent} ATTACH PARTITION {self} FOR VALUES {self.bounds}"
        await db.execute(sql)

    async def drop(self) -> None:
        """Unless it is attached."""
        if await self.find_place() is Place.DETACHED:
            await db.execute(f"DROP TABLE {self}")

    async def make(self) -> None:
        """An empty table of its own."""
        await db.execute(
            f"CREATE TABLE {self} (LIKE {self.parent} INCLUDING DEFAULTS INCLUDING CONSTRAINTS"
            " INCLUDING GENERATED INCLUDING STORAGE)"
        )

    async def check_keys(self) -> None:
        """Foreign keys as the parent has them, checked without holding off who writes there."""
        sql = """
            SELECT conname::text AS name, pg_get_constraintdef(oid) AS rule FROM pg_constraint
            WHERE conrelid = $1::text::regclass AND contype = 'f'
        """
        for key in await db.fetch_all(_Key, sql, self.parent):
            await db.execute(f"ALTER TABLE {self} ADD CONSTRAINT {key.name} {key.rule} NOT VALID")
            await db.execute(f"ALTER TABLE {self} VALIDATE CONSTRAINT {key.name}")

    async def list_columns(self) -> list[str]:
        sql = """
            SELECT array_agg(attname::text ORDER BY attnum) FROM pg_attribute
            WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped
        """
        columns: list[str] = await db.fetch_value(sql, self.parent)
        return columns

    async def copy_out(self, target: Path) -> str:
        """The hash of its rows."""
        columns = ", ".join(await self.list_columns())
        sql = f"SELECT {columns} FROM {self} ORDER BY id"  # noqa: S608 - names of ours
        with target.open("wb") as opened:
            rows = RowsWriter(opened)
            async with db.connection() as connection:
                await connection.copy_from_query(sql, output=rows.write)
            return rows.end()

    async def copy_in(self, rows: Path, columns: list[str]) -> None:
        async def source() -> AsyncIterator[bytes]:
            for block in read_rows(rows):
                yield block

        async with db.connection() as connection:
            await connection.copy_to_table(
                self.name, schema_name="months", source=source(), columns=columns
            )

    async def add_up(self) -> tuple[int, dict[str, int]]:
        """The number of its rows and its sums."""
        columns = "".join(f", coalesce(sum({name}), 0)::bigint" for name in self.rule.sums)
        [record] = await db.fetch_records(f"SELECT count(*){columns} FROM {self}")  # noqa: S608 - names of ours
        count, *sums = record
        return int(count), dict(zip(self.rule.sums, sums, strict=True))

    def __str__(self) -> str:
        return f'months."{self.name}"'


class _Key(msgspec.Struct, frozen=True):
    name: str
    rule: str
