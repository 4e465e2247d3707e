"""The one way to PostgreSQL: pool, transactions, and queries that return typed rows.

Piccolo owns tables, migrations and plain row changes; the functions here run SQL on the same
connection and give each row its type. A lost database raises Unavailable, never a driver's error.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeVar

import asyncpg
import structlog
from piccolo.engine.postgres import PostgresEngine, PostgresTransaction

from chenu.core import tracing
from chenu.core.errors import Unavailable
from chenu.core.pool import ConnectionPool

log = structlog.get_logger(__name__)

Row = TypeVar("Row")

APP_ROLE = "chenu_app"
"""The role requests run as: no UPDATE or DELETE on the ledger. See migrations and docs/money.md."""

POOL_SIZE = 16
_STOP_SECONDS = 2

_LOST = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a query on a connection that is just being ended
    asyncpg.OperatorInterventionError,
    asyncpg.TooManyConnectionsError,
)

BAD_VALUES = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError)
"""A value that no row can hold: text with a NUL, or what a constraint forbids."""


class _Transaction(PostgresTransaction):
    """Piccolo's, but a COMMIT or ROLLBACK that fails still gives the connection back."""

    __slots__ = ()

    async def __aexit__(self, exception_type: Any, exception: Any, traceback: Any) -> bool:
        if self.engine.current_transaction.get() is not self:  # a part of an outer one
            return exception is None
        try:
            end = self.rollback if exception else self.commit
            await end()  # type: ignore[no-untyped-call]
        finally:
            self.engine.current_transaction.reset(self.context)
            if self.engine.pool:
                await self.engine.pool.release(self.connection)
            else:
                await self.connection.close()
        return exception is None


class Engine(PostgresEngine):
    """Piccolo's engine with our transaction, and no connection while modules are imported."""

    __slots__ = ()

    async def check_version(self) -> None:
        """Piccolo asks the server when the engine is made; ours has no address yet."""

    async def start_connection_pool(self, **kwargs: Any) -> None:
        await super().start_connection_pool(**kwargs)
        self.pool: Any = ConnectionPool(self.pool)

    def transaction(self, allow_nested: bool = True) -> _Transaction:
        return _Transaction(engine=self, allow_nested=allow_nested)


ENGINE = Engine(config={})


async def _reset(connection: Any) -> None:
    # Nothing here changes session state, so asyncpg's default reset would be a wasted round trip;
    # only a transaction that was cancelled half-way must not leak to the next user.
    if connection.is_in_transaction():
        await connection.execute("ROLLBACK")


def configure(url: str, *, application: str, role: str | None = APP_ROLE) -> None:
    """Point the engine at a database; takes effect at `start`. role None: the URL's own role."""
    settings = {
        "application_name": application,
        "lock_timeout": "10s",
        "statement_timeout": "30s",
        "idle_in_transaction_session_timeout": "60s",
        "timezone": "UTC",
        # Two letters that changed places spoil four trigrams: "facutres" is 0.38 like "factures".
        "pg_trgm.word_similarity_threshold": "0.3",
    }
    if role is not None:
        settings["role"] = role
    ENGINE.config = {"dsn": url, "server_settings": settings}


async def start(*, pool_size: int = POOL_SIZE) -> None:
    """Open the pool; raises Unavailable, with the reason, when the database cannot be used."""
    with no_answer_is_unavailable():
        await ENGINE.start_connection_pool(
            min_size=2,
            max_size=pool_size,
            init=tracing.statement_hook(),
            reset=_reset,
            timeout=10,
            command_timeout=30,
        )


async def stop() -> None:
    """Ends in seconds even while a connection is in use or PostgreSQL has gone."""
    if ENGINE.pool is None:
        return
    try:
        async with asyncio.timeout(_STOP_SECONDS):
            await ENGINE.close_connection_pool()
    except TimeoutError:  # the pool cut its connections when it was told to give up
        ENGINE.pool = None


def in_transaction() -> bool:
    return ENGINE.current_transaction.get() is not None


def unavailable() -> Unavailable:
    """What a lost database is to everybody else."""
    return Unavailable("The service is not available right now, please try again")


@contextmanager
def no_answer_is_unavailable() -> Iterator[None]:
    """For a process's start: operators are told what is wrong with DATABASE_URL."""
    try:
        yield
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        reason = str(error) or type(error).__name__
        raise Unavailable(
            "DATABASE_URL: the database cannot be used: {reason}", reason=reason
        ) from error


class _LostIsUnavailable:
    """A block of which the driver's complaints about the connection come out as Unavailable."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        is_ours = isinstance(error, asyncpg.DataError)  # an InterfaceError too, but our mistake
        if isinstance(error, _LOST) and not is_ours:
            log.warning("database_lost", cause=type(error).__name__)
            raise unavailable() from error


_LOST_IS_UNAVAILABLE = _LostIsUnavailable()


@asynccontextmanager
async def transaction() -> AsyncIterator[None]:
    """All or nothing. A transaction inside a transaction joins the outer one."""
    with _LOST_IS_UNAVAILABLE:
        async with ENGINE.transaction():
            yield


@asynccontextmanager
async def connection() -> AsyncIterator[Any]:
    """The current transaction's asyncpg connection, or one out of the pool."""
    current = ENGINE.current_transaction.get()
    with _LOST_IS_UNAVAILABLE:
        if current is not None:
            yield current.connection
        elif ENGINE.pool is None:
            raise unavailable()
        else:
            async with ENGINE.pool.acquire() as pooled:
                yield pooled


async def fetch_records(sql: str, *args: Any) -> list[Any]:
    """The driver's own records, for rows that are more than their columns."""
    async with connection() as conn:
        records: list[Any] = await conn.fetch(sql, *args)
    return records


async def fetch_all(row: type[Row], sql: str, *args: Any) -> list[Row]:
    """Every record as a row: its columns are named as the row's fields."""
    records = await fetch_records(sql, *args)
    fields = getattr(row, "__match_args__", ())
    if records and tuple(records[0].keys()) == fields:
        return [row(*record) for record in records]  # by name takes ten times as long
    return [row(**record) for record in records]


async def find_one(row: type[Row], sql: str, *args: Any) -> Row | None:
    async with connection() as conn:
        record = await conn.fetchrow(sql, *args)
    return None if record is None else row(**record)


async def fetch_value(sql: str, *args: Any) -> Any:
    """The first column of the first record; None without one."""
    async with connection() as conn:
        return await conn.fetchval(sql, *args)


async def execute(sql: str, *args: Any) -> int:
    """Run a statement; the number of rows that it changed."""
    async with connection() as conn:
        status: str = await conn.execute(sql, *args)
    last = status.rpartition(" ")[2]
    return int(last) if last.isdigit() else 0


async def lock_until_commit(name: str) -> None:
    """Serialise everyone who names the same thing until this transaction ends."""
    await execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", name)
