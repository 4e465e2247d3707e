"""The table of one month of entries of tokens, and those made beside to be exchanged for it.

THIN is without most spends, whose sums become openings. As the owner of the tables.
docs/decisions/0106
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime

import msgspec

from chenu.core import db
from chenu.core.months import Month
from chenu.ledger.month_exchange import (
    Beside,
    FileRows,
    MonthOfTable,
    exchange,
    name_of_month,
)

COLUMNS = (
    *("id", "account_id", "token_grant", "kind", "pool", "amount", "balance_after"),
    *("execution_id", "agent_id", "api_key_id", "ledger_transaction_id", "created_at"),
)
"""Of a month's rows in its file: without `reason`, which a deletion could not reach there."""
_LISTED = ", ".join(COLUMNS)
_OPENING = "account_id, token_grant, pool, amount"


class MonthSums(msgspec.Struct, frozen=True):
    """`spent` are the tokens of all spends, those that stay as well."""

    entries: int
    spends: int
    spent: int


class TokenMonth(msgspec.Struct, frozen=True):
    """`str` of it is as people name it; names of its tables are safe in SQL."""

    month: Month

    @property
    def last_id(self) -> int:
        return self._entries.last_id

    @property
    def _entries(self) -> MonthOfTable:
        return MonthOfTable("token_entry", self.month, "ledger_transaction_id")

    @property
    def _file(self) -> FileRows:
        shape = f"SELECT {_LISTED} FROM token_entry"  # noqa: S608 - own columns
        return FileRows(name_of_month("token_rows", self.month), shape, COLUMNS)

    @property
    def _sums(self) -> str:
        """The table of openings to be."""
        return f'months."{name_of_month("token_sums", self.month)}"'

    def entries(self, beside: Beside | None = None) -> str:
        return self._entries.table(beside)

    @property
    def rows(self) -> str:
        """The table into which a file's rows are read."""
        return self._file.table

    async def find_newest(self) -> datetime | None:
        """The business time of the last of it; None if there is no such month or nothing in it."""
        if not await self._entries.exists():
            return None
        sql = f"SELECT max(created_at) FROM {self.entries()}"  # noqa: S608 - names of ours
        newest: datetime | None = await db.fetch_value(sql)
        return newest

    async def add_up(self) -> MonthSums:
        sql = f"""
            SELECT count(*) AS entries, count(*) FILTER (WHERE kind = 'SPEND') AS spends,
                coalesce(-sum(amount) FILTER (WHERE kind = 'SPEND'), 0)::bigint AS spent
            FROM {self.entries()}
        """  # noqa: S608 - names of ours
        [sums] = await db.fetch_all(MonthSums, sql)
        return sums

    async def copy_out(self, write: Callable[[bytes], Awaitable[None]]) -> None:
        """All of its rows, in the order of their ids."""
        sql = f"SELECT {_LISTED} FROM {self.entries()} ORDER BY id"  # noqa: S608 - names of ours
        async with db.connection() as connection:
            await connection.copy_from_query(sql, output=write)

    async def copy_in(self, source: AsyncIterator[bytes]) -> None:
        """A file's rows into a table of their own."""
        await self._file.copy_in(source)

    def _split(self, source: str, what: str, *, goes: bool) -> str:
        """A query of the rows of `source` that leave for the file, or of those that stay.

        Spends of runs stay, which their holds are compared with. So do an account's last entry,
        whose balance is compared with the wallet's; entries within a minute of its latest, among
        which a statement looks for what the next month began with; and what was asked for in
        another month than it was booked in, because statements are of the former.
        """
        wanted = "TRUE" if goes else "NOT TRUE"
        return f"""
            SELECT {what} FROM {source} e LEFT JOIN (
                SELECT account_id, max(id::text COLLATE "C")::uuid AS id,
                    max(created_at) FILTER (WHERE created_at < '{self.month.end.isoformat()}') AS at
                FROM {source} WHERE pool <> 'PROMOTION' GROUP BY account_id) l
                ON l.account_id = e.account_id
            WHERE (e.kind = 'SPEND' AND e.execution_id IS NULL AND e.id IS DISTINCT FROM l.id
                AND e.created_at >= '{self.month.start.isoformat()}'
                AND e.created_at < '{self.month.end.isoformat()}'
                AND (e.pool = 'PROMOTION' OR e.created_at < l.at - interval '1 minute')) IS {wanted}
        """  # noqa: S608 - names of ours

    def _openings_of(self, source: str) -> str:
        sums = "e.account_id, e.token_grant, e.pool, sum(e.amount)::bigint AS amount"
        return f"{self._split(source, sums, goes=True)} GROUP BY 1, 2, 3"

    async def make_thin(self) -> None:
        """With the sums of what is not in it."""
        await self._entries.make(Beside.THIN)
        stays = self._split(self.entries(), "e.*", goes=False)
        await db.execute(f"INSERT INTO {self.entries(Beside.THIN)} {stays}")
        await self._entries.fit(Beside.THIN)
        await db.execute(f"CREATE TABLE {self._sums} AS {self._openings_of(self.entries())}")

    async def make_whole(self) -> None:
        """Of a file's rows, with the reasons of those that stayed."""
        await self._entries.make(Beside.WHOLE)
        listed = ", ".join(f"r.{column}" for column in COLUMNS)
        await db.execute(f"""
            INSERT INTO {self.entries(Beside.WHOLE)} ({_LISTED}, reason)
            SELECT {listed}, coalesce(e.reason, '') FROM {self.rows} r
            LEFT JOIN {self.entries()} e USING (id, ledger_transaction_id)
        """)  # noqa: S608 - names of ours
        await self._entries.fit(Beside.WHOLE)

    async def put_openings(self) -> None:
        """In the transaction of the exchange, before it: nobody waits for it."""
        await db.execute(
            f"""
            INSERT INTO token_opening (month, {_OPENING})
            SELECT $1, {_OPENING} FROM {self._sums}
            """,  # noqa: S608 - names of ours
            self.month.first_day,
        )

    async def drop_openings(self) -> None:
        """In the transaction of the exchange, before it."""
        await db.execute("DELETE FROM token_opening WHERE month = $1", self.month.first_day)

    async def has_openings_of_rows(self) -> bool:
        """Whether the openings are the sums of a file's rows."""
        sql = f"SELECT {_OPENING} FROM token_opening WHERE month = '{self.month.first_day}'"  # noqa: S608 - own columns
        return await _are_same(sql, self._openings_of(self.rows))

    async def has_rest_of_rows(self) -> bool:
        """Whether what remained is what must remain of a file's rows."""
        listed = ", ".join(f"e.{column}" for column in COLUMNS)
        here = f"SELECT {_LISTED} FROM {self.entries()}"  # noqa: S608 - names of ours
        return await _are_same(here, self._split(self.rows, listed, goes=False))

    async def exchange(self, new: Beside, old: Beside) -> None:
        """In the caller's transaction, for a moment."""
        await exchange((self._entries,), new, old, referred="token_grant")

    async def clear(self) -> None:
        """What was made beside, or exchanged: nothing reads it."""
        for each in (self._entries, self._file):
            await each.clear()
        await db.execute(f"DROP TABLE IF EXISTS {self._sums}")

    def __str__(self) -> str:
        return f"token_entry's month {self.month}"


async def _are_same(one: str, other: str) -> bool:
    sql = f"""
        SELECT NOT EXISTS ((({one}) EXCEPT ALL ({other})) UNION ALL (({other}) EXCEPT ALL ({one})))
    """
    return bool(await db.fetch_value(sql))
