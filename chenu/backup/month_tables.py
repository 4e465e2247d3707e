"""The tables below a split one: which of its months is attached, and how one leaves and returns.

As the owner of the tables, outside transactions where nobody may wait.
"""

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

import msgspec

from chenu.affiliates.model import ATTRIBUTION
from chenu.backup.errors import BackupError
from chenu.backup.month_file import RowsWriter, read_rows
from chenu.core import db
from chenu.core.months import Month
from chenu.core.retention import Retention
from chenu.jobs.purge import RETENTION_OF


class Archivable(msgspec.Struct, frozen=True):
    """`needed`: so long after its end a month is read. `sums`: columns that are added up.

    `left_out`: columns that are in no file, with what a month that comes back has there.
    """

    needed: timedelta
    sums: tuple[str, ...] = ()
    left_out: Mapping[str, str] = {}


ARCHIVABLE = {
    # who clicked is not put aside
    "affiliate_click": Archivable(ATTRIBUTION, left_out={"visitor": "''"}),
    "api_usage": Archivable(timedelta(days=731), ("served", "refused")),
    # Stripe lists them for 30 days
    "stripe_event": Archivable(timedelta(days=31)),
}


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

    @property
    def retention(self) -> Retention:
        return RETENTION_OF[self.parent]

    def require_over(self) -> None:
        """Raises BackupError while the month is read."""
        if self.month.end > self.retention.clock() - self.rule.needed:
            raise BackupError(
                "{month} of {table} is still read: a month is archived {days} days after its end",
                month=str(self.month),
                table=self.parent,
                days=self.rule.needed.days,
            )

    def require_stored(self) -> None:
        """Raises BackupError for one that the next purge would drop."""
        if self.month.end <= self.retention.clock() - self.retention.keep:
            raise BackupError(
                "{month} of {table} would be deleted again: its rows are stored for {days} days;"
                " `chenu archive rows` reads the file",
                month=str(self.month),
                table=self.parent,
                days=self.retention.keep.days,
            )

    async def waits(self) -> bool:
        """Whether something in it has to be done yet. It must be there."""
        sql = "SELECT month_waits($1::text::regclass, $2)"
        return bool(await db.fetch_value(sql, self.parent, self.name))

    async def find_place(self) -> Place:
        sql = """
            SELECT CASE WHEN i.inhrelid IS NULL THEN 'DETACHED'
                WHEN i.inhdetachpending THEN 'DETACHING' ELSE 'ATTACHED' END
            FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
            WHERE c.relnamespace = 'months'::regnamespace AND c.relname = $1
        """
        return Place(await db.fetch_value(sql, self.name) or Place.ABSENT)

    async def detach(self) -> None:
        """Nobody waits: readers and writers of the other months go on, and of this one as well.

        Raises BackupError where there is none, or something in it waits.
        """
        place = await self.find_place()
        if place is Place.ABSENT:
            raise BackupError("there is no month {name}", name=self.name)
        if place is Place.ATTACHED:
            await self._require_nothing_waits()
            await db.execute(f"ALTER TABLE {self.parent} DETACH PARTITION {self} CONCURRENTLY")
        if place is Place.DETACHING:
            await db.execute(f"ALTER TABLE {self.parent} DETACH PARTITION {self} FINALIZE")
        try:
            await self._require_nothing_waits()  # what began to wait meanwhile
        except BackupError:
            await self.attach()
            raise

    async def _require_nothing_waits(self) -> None:
        if await self.waits():
            raise BackupError("something in {name} waits to be handled yet", name=self.name)

    async def attach(self) -> None:
        """Its keys were checked before: nobody waits for long."""
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
        for column, value in self.rule.left_out.items():
            await db.execute(f"ALTER TABLE {self} ALTER COLUMN {column} SET DEFAULT {value}")

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
        """Those of files."""
        sql = """
            SELECT array_agg(attname::text ORDER BY attnum) FROM pg_attribute
            WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped
                AND NOT attname = ANY($2)
        """
        columns: list[str] = await db.fetch_value(sql, self.parent, [*self.rule.left_out])
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
