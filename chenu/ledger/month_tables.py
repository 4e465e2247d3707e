"""The tables of one month of the ledger, and those that are made beside to be exchanged for them.

THIN is without transactions of tokens alone. As the owner of the tables. docs/decisions/0099
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from chenu.core import db
from chenu.core.months import Month
from chenu.ledger.archives import Opening
from chenu.ledger.month_exchange import Beside, FileRows, MonthOfTable, exchange, name_of_month

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
        return self._entries.first_id

    @property
    def last_id(self) -> int:
        return self._entries.last_id

    @property
    def _transactions(self) -> MonthOfTable:
        return MonthOfTable("ledger_transaction", self.month)

    @property
    def _entries(self) -> MonthOfTable:
        return MonthOfTable("ledger_entry", self.month)

    @property
    def _file(self) -> FileRows:
        shape = _ROWS.format(entries="ledger_entry", transactions="ledger_transaction")
        return FileRows(name_of_month("ledger_rows", self.month), shape, COLUMNS)

    @property
    def rows(self) -> str:
        """The table into which a file's rows are read."""
        return self._file.table

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

    def entries(self, beside: Beside | None = None) -> str:
        return self._entries.table(beside)

    def transactions(self, beside: Beside | None = None) -> str:
        return self._transactions.table(beside)

    async def find_newest(self) -> datetime | None:
        """The business time of the last of it; None if there is no such month or nothing in it."""
        if not await self._transactions.exists():
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
        await self._file.copy_in(source)

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
        for each in (self._transactions, self._entries):
            await each.make(beside)

    async def _fit(self, beside: Beside) -> None:
        """All that is looked at when a month is attached is made before."""
        await db.execute(
            f"ALTER TABLE {self.entries(beside)} ADD CONSTRAINT of_its_transaction"
            f" FOREIGN KEY (transaction_id) REFERENCES {self.transactions(beside)} (id)"
        )
        for each in (self._transactions, self._entries):
            await each.fit(beside)

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
        """In the caller's transaction, for a moment."""
        await exchange((self._transactions, self._entries), new, old, referred="ledger_account")

    async def clear(self) -> None:
        """What was made beside, or exchanged: nothing reads it."""
        for each in (self._entries, self._transactions, self._file):
            await each.clear()

    def __str__(self) -> str:
        return f"the ledger's month {self.month}"


_OF_ROW = "SELECT e.business_key, e.kind, e.business_at"
