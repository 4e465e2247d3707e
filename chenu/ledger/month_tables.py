"""The tables of one month of the ledger, and those that are made beside to be exchanged for them.

THIN has what stays when the month is archived, WHOLE all of it. As the owner of the tables.
docs/decisions/0099
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from chenu.core import db
from chenu.core.months import Month
from chenu.ledger.archives import Opening
from chenu.ledger.sealed_entries import IDS_OF_MONTH

COLUMNS = (
    *("id", "transaction_id", "ledger_account_id", "account_id", "amount", "business_key"),
    *("kind", "booked_for", "subject_id", "operation_id", "business_at", "posted_at"),
)
"""Of a month's rows in its file: one an entry, with its transaction."""
_ROWS = """
    SELECT e.id, e.transaction_id, e.ledger_account_id, e.account_id, e.amount, t.business_key,
        t.kind, t.account_id AS booked_for, t.subject_id, t.operation_id, t.business_at, t.posted_at
    FROM {entries} e JOIN {transactions} t ON t.id = e.transaction_id
"""
_PARENTS = ("ledger_transaction", "ledger_entry")


class Beside(StrEnum):
    THIN = "thin"
    WHOLE = "whole"


class MonthSums(msgspec.Struct, frozen=True):
    """`cents` and `tokens` are of the credits."""

    entries: int
    transactions: int
    cents: int
    tokens: int


class LedgerMonth(msgspec.Struct, frozen=True):
    """`str` of it is as people name it; names of its tables are safe in SQL."""

    month: Month

    @property
    def first_id(self) -> int:
        return (self.month.year * 12 + self.month.month - 24_001) * IDS_OF_MONTH

    @property
    def last_id(self) -> int:
        return self.first_id + IDS_OF_MONTH - 1

    @property
    def rows(self) -> str:
        """The table into which a file's rows are read."""
        return f'months."ledger_rows_{self._suffix}"'

    @property
    def entries_of_rows(self) -> str:
        """As a source of entries with their transactions: chenu/ledger/sealed_entries.py."""
        return f"{self.rows} e CROSS JOIN LATERAL ({_OF_ROW}) t"

    @property
    def remaining_of_rows(self) -> str:
        """The same without transactions of tokens alone."""
        return f"""
            (SELECT * FROM {self.rows} WHERE transaction_id IN (SELECT r.transaction_id
                FROM {self.rows} r JOIN ledger_account a ON a.id = r.ledger_account_id
                WHERE a.asset <> 'TOKEN')) e CROSS JOIN LATERAL ({_OF_ROW}) t
        """  # noqa: S608 - names of ours

    @property
    def _suffix(self) -> str:
        return f"{self.month.year:04}_{self.month.month:02}"

    def entries(self, beside: Beside | None = None) -> str:
        return f'months."{self._name("ledger_entry", beside)}"'

    def transactions(self, beside: Beside | None = None) -> str:
        return f'months."{self._name("ledger_transaction", beside)}"'

    def _name(self, parent: str, beside: Beside | None = None) -> str:
        return f"{parent}_{self._suffix}" + (f"_{beside}" if beside else "")

    async def find_newest(self) -> datetime | None:
        """The business time of the last of it; None if there is no such month or nothing in it."""
        exists = "SELECT to_regclass($1) IS NOT NULL"
        if not await db.fetch_value(exists, self.transactions()):
            return None
        sql = f"SELECT max(business_at) FROM {self.transactions()}"  # noqa: S608 - names of ours
        newest: datetime | None = await db.fetch_value(sql)
        return newest

    async def add_up(self) -> MonthSums:
        sql = f"""
            SELECT count(*) AS entries, count(DISTINCT e.transaction_id) AS transactions,
                coalesce(sum(e.amount) FILTER (WHERE e.amount > 0 AND a.asset = 'EUR'), 0)::bigint
                    AS cents,
                coalesce(sum(e.amount) FILTER (WHERE e.amount > 0 AND a.asset = 'TOKEN'), 0)::bigint
                    AS tokens
            FROM {self.entries()} e JOIN ledger_account a ON a.id = e.ledger_account_id
        """  # noqa: S608 - names of ours
        [sums] = await db.fetch_all(MonthSums, sql)
        return sums

    async def copy_out(self, write: Callable[[bytes], Awaitable[None]]) -> None:
        """All of its rows, in the order of entries."""
        rows = _ROWS.format(entries=self.entries(), transactions=self.transactions())
        async with db.connection() as connection:
            await connection.copy_from_query(f"{rows} ORDER BY e.id", output=write)

    async def copy_in(self, source: AsyncIterator[bytes]) -> None:
        """A file's rows into a table of their own."""
        rows = _ROWS.format(entries="ledger_entry", transactions="ledger_transaction")
        await db.execute(f"DROP TABLE IF EXISTS {self.rows}")
        await db.execute(f"CREATE TABLE {self.rows} AS {rows} WITH NO DATA")
        async with db.connection() as connection:
            await connection.copy_to_table(
                f"ledger_rows_{self._suffix}",
                schema_name="months",
                source=source,
                columns=list(COLUMNS),
            )
        await db.execute(f"ALTER TABLE {self.rows} ADD PRIMARY KEY (id)")
        await db.execute(f"ANALYZE {self.rows}")

    async def make_thin(self) -> None:
        """Without transactions of tokens alone."""
        await self._make(Beside.THIN)
        await db.execute(f"""
            INSERT INTO {self.transactions(Beside.THIN)} SELECT * FROM {self.transactions()} t
            WHERE EXISTS (SELECT 1 FROM {self.entries()} e
                JOIN ledger_account a ON a.id = e.ledger_account_id
                WHERE e.transaction_id = t.id AND a.asset <> 'TOKEN')
        """)  # noqa: S608 - names of ours
        await db.execute(f"""
            INSERT INTO {self.entries(Beside.THIN)} SELECT e.* FROM {self.entries()} e
            JOIN {self.transactions(Beside.THIN)} t ON t.id = e.transaction_id
        """)  # noqa: S608 - names of ours
        await self._fit(Beside.THIN)

    async def make_whole(self) -> None:
        """Of a file's rows."""
        await self._make(Beside.WHOLE)
        await db.execute(f"""
            INSERT INTO {self.transactions(Beside.WHOLE)} (id, business_key, kind, account_id,
                subject_id, operation_id, business_at, posted_at)
            SELECT DISTINCT transaction_id, business_key, kind, booked_for, subject_id,
                operation_id, business_at, posted_at FROM {self.rows}
        """)  # noqa: S608 - names of ours
        await db.execute(f"""
            INSERT INTO {self.entries(Beside.WHOLE)}
                (id, transaction_id, ledger_account_id, account_id, amount)
            SELECT id, transaction_id, ledger_account_id, account_id, amount FROM {self.rows}
        """)  # noqa: S608 - names of ours
        await self._fit(Beside.WHOLE)

    async def _make(self, beside: Beside) -> None:
        for parent in _PARENTS:
            await db.execute(
                f'CREATE TABLE months."{self._name(parent, beside)}" (LIKE {parent} INCLUDING'
                " DEFAULTS INCLUDING CONSTRAINTS INCLUDING GENERATED INCLUDING STORAGE"
                " INCLUDING INDEXES)"
            )

    async def _fit(self, beside: Beside) -> None:
        """All that is looked at when a month is attached is made before."""
        for table in (self.transactions(beside), self.entries(beside)):
            await db.execute(
                f"ALTER TABLE {table} ADD CONSTRAINT of_its_month"
                f" CHECK (id >= {self.first_id} AND id <= {self.last_id})"
            )
        await db.execute(
            f"ALTER TABLE {self.entries(beside)} ADD CONSTRAINT of_its_transaction"
            f" FOREIGN KEY (transaction_id) REFERENCES {self.transactions(beside)} (id)"
        )
        sql = """
            SELECT conname::text AS name, pg_get_constraintdef(oid) AS rule FROM pg_constraint
            WHERE conrelid = 'ledger_entry'::regclass AND contype = 'f'
        """
        for key in await db.fetch_all(_Key, sql):
            added = f"ALTER TABLE {self.entries(beside)} ADD CONSTRAINT {key.name} {key.rule}"
            await db.execute(f"{added} NOT VALID")
            await db.execute(f"ALTER TABLE {self.entries(beside)} VALIDATE CONSTRAINT {key.name}")
        await db.execute(f"ANALYZE {self.transactions(beside)}")
        await db.execute(f"ANALYZE {self.entries(beside)}")

    async def put_openings(self, archive_id: UUID) -> None:
        """What goes with the thin month: counted once the archive is recorded."""
        await db.execute(
            f"""
            INSERT INTO ledger_opening (archive, ledger_account_id, account_id, amount)
            SELECT $1, e.ledger_account_id, e.account_id, sum(e.amount) FROM {self.entries()} e
            WHERE NOT EXISTS (SELECT 1 FROM {self.transactions(Beside.THIN)} t
                WHERE t.id = e.transaction_id)
            GROUP BY 2, 3 HAVING sum(e.amount) <> 0
            """,  # noqa: S608 - names of ours
            archive_id,
        )

    async def add_up_openings(self) -> Sequence[Opening]:
        """As they are of a file's rows."""
        sql = f"""
            SELECT ledger_account_id, account_id, sum(amount)::bigint AS amount FROM {self.rows}
            WHERE transaction_id NOT IN (SELECT r.transaction_id FROM {self.rows} r
                JOIN ledger_account a ON a.id = r.ledger_account_id WHERE a.asset <> 'TOKEN')
            GROUP BY 1, 2 HAVING sum(amount) <> 0 ORDER BY 1, 2
        """  # noqa: S608 - names of ours
        return await db.fetch_all(Opening, sql)

    async def exchange(self, new: Beside, old: Beside) -> None:
        """In the caller's transaction: nothing is read, who reads or posts waits for a moment."""
        await db.execute("SET LOCAL lock_timeout = '500ms'")
        await db.fetch_value("SELECT pg_advisory_xact_lock(7233011)")
        for parent in _PARENTS:
            await db.execute(f"LOCK TABLE {parent} IN ACCESS EXCLUSIVE MODE")
        for parent in reversed(_PARENTS):
            name, aside = self._name(parent), self._name(parent, old)
            await db.execute(f'ALTER TABLE {parent} DETACH PARTITION months."{name}"')
            await db.execute(f'ALTER TABLE months."{name}" RENAME TO "{aside}"')
        for parent in _PARENTS:
            name, made = self._name(parent), self._name(parent, new)
            await db.execute(f'ALTER TABLE months."{made}" RENAME TO "{name}"')
            await db.execute(
                f'ALTER TABLE {parent} ATTACH PARTITION months."{name}"'
                f" FOR VALUES FROM ({self.first_id}) TO ({self.last_id + 1})"
            )

    async def clear(self) -> None:
        """What was made beside, or exchanged: nothing reads it."""
        for beside in Beside:
            await db.execute(f"DROP TABLE IF EXISTS {self.entries(beside)}")
            await db.execute(f"DROP TABLE IF EXISTS {self.transactions(beside)}")
        await db.execute(f"DROP TABLE IF EXISTS {self.rows}")

    def __str__(self) -> str:
        return f"the ledger's month {self.month}"


_OF_ROW = "SELECT e.business_key, e.kind, e.business_at"


class _Key(msgspec.Struct, frozen=True):
    name: str
    rule: str
