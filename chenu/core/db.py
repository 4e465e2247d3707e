"""The one way to PostgreSQL: pool, transactions, and queries that return typed rows.

Piccolo owns tables, migrations and plain row changes; the functions here run SQL on the same
connection and give each row its type. A lost database raises Unavailable, never a driver's error.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    asynccontextmanager,
    contextmanager,
    nullcontext,
    suppress,
)
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from chenu.core import tracing
from chenu.core.db_errors import (
    CONTENTION,
    LOST_IS_UNAVAILABLE,
    busy,
    no_answer_is_unavailable,
    repeat,
    unavailable,
)
from chenu.core.db_settings import APP_ROLE as APP_ROLE
from chenu.core.db_settings import make_options, require_session_settings, session_settings
from chenu.core.engine import ENGINE as ENGINE
from chenu.core.log_position import ANNOUNCE, READ_PRIMARY, LogPosition, PrimaryLog
from chenu.core.replica import Replica, ReplicaFailed
from chenu.core.row_reader import read_rows
from chenu.core.staleness import DEFAULT_BOUNDS, Bounds, current_read, stale_reads

Row = TypeVar("Row")
Result = TypeVar("Result")
Params = ParamSpec("Params")

POOL_SIZE = 16
_STOP_SECONDS = 2
_REPLICA_OPTIONS = {
    "min_size": 1,
    "max_size": POOL_SIZE,
    "timeout": 2,
    "command_timeout": 5,
    "target_session_attrs": "any",
}

REPLICA: Replica | None = None
DIRECT: dict[str, Any] | None = None
"""Options of a connection past the pooler; None: there is no pooler."""


async def _reset(connection: Any) -> None:
    # Nothing here changes session state, so asyncpg's default reset would be a wasted round trip;
    # only a transaction that was cancelled half-way must not leak to the next user.
    if connection.is_in_transaction():
        await connection.execute("ROLLBACK")


def configure(
    url: str,
    *,
    application: str,
    role: str | None = APP_ROLE,
    is_patient: bool = False,
    replica_url: str | None = None,
    bounds: Bounds = DEFAULT_BOUNDS,
    direct_url: str | None = None,
) -> None:
    """Point the engine at a database; takes effect at `start`. role None: the URL's own role.

    `is_patient`: statements may take as long as they need, for migrations and backups.
    `replica_url`: a streaming copy, for blocks of `stale_reads`; `bounds`: how old it may be.
    `direct_url`: the same database past the pooler that `url` is of; None: `url` is of none.
    """
    global REPLICA, DIRECT
    settings = session_settings(role, is_patient=is_patient) | {"application_name": application}
    direct = make_options(direct_url or url, settings, is_patient=is_patient)
    ENGINE.config, DIRECT, REPLICA = direct, None, None
    if direct_url is not None:
        DIRECT = direct
        ENGINE.config = make_options(url, settings, is_patient=is_patient, is_pooled=True)
    if replica_url is not None:
        options = {**direct, **_REPLICA_OPTIONS, "dsn": replica_url}
        options |= {"reset": _reset, "init": tracing.statement_hook()}
        REPLICA = Replica(options, read_position, bounds)


async def start(*, pool_size: int = POOL_SIZE) -> None:
    """Open the pool; raises Unavailable, with the reason, when the database cannot be used."""
    with no_answer_is_unavailable():
        await ENGINE.start_connection_pool(
            min_size=2,
            max_size=pool_size,
            init=tracing.statement_hook(),
            reset=_reset,
            timeout=10,
        )
        if DIRECT is not None:
            async with ENGINE.pool.acquire() as leased:
                await require_session_settings(leased, DIRECT["server_settings"].get("role"))
    if REPLICA is not None:
        REPLICA.start()


async def stop() -> None:
    """Takes at most a few seconds, even while a connection is in use or PostgreSQL has gone."""
    if REPLICA is not None:
        await REPLICA.stop()
    if ENGINE.pool is None:
        return
    try:
        async with asyncio.timeout(_STOP_SECONDS):
            await ENGINE.close_connection_pool()
    except TimeoutError:  # the pool closed its connections when its close was cancelled
        ENGINE.pool = None


def in_transaction() -> bool:
    return ENGINE.current_transaction.get() is not None


_assumed_lost: ContextVar[bool] = ContextVar("_assumed_lost", default=False)


@contextmanager
def assumed_lost() -> Iterator[None]:
    """Meanwhile every statement of this task raises Unavailable without being sent.

    For code that has just lost the database and goes on only to report it.
    """
    token = _assumed_lost.set(True)
    try:
        yield
    finally:
        _assumed_lost.reset(token)


@asynccontextmanager
async def _transaction() -> AsyncIterator[None]:
    if _assumed_lost.get():
        raise unavailable()
    with LOST_IS_UNAVAILABLE:
        async with ENGINE.transaction():
            yield


@asynccontextmanager
async def transaction() -> AsyncIterator[None]:
    """All or nothing. A transaction inside a transaction joins the outer one.

    Not retried after a deadlock or lock timeout, which raises Busy: see run_in_transaction.
    """
    is_outermost = not in_transaction()
    try:
        async with _transaction():
            yield
    except CONTENTION as error:
        if not is_outermost:
            raise
        raise busy() from error


async def run_in_transaction(body: Callable[[], Awaitable[Result]]) -> Result:
    """The result of `body`, run in a transaction.

    Retried a few times after deadlocks and lock timeouts.

    So `body` may only read and write rows: every other effect would happen twice. Inside a
    transaction it joins that one, which is retried as a whole. Raises Busy.
    """
    if in_transaction():
        return await body()

    async def attempt() -> Result:
        async with _transaction():
            return await body()

    return await repeat(attempt)


def transactional(
    function: Callable[Params, Awaitable[Result]],
) -> Callable[Params, Coroutine[Any, Any, Result]]:
    """Decorates a function that is one transaction as a whole: see run_in_transaction."""

    @wraps(function)
    async def run(*args: Params.args, **kwargs: Params.kwargs) -> Result:
        return await run_in_transaction(lambda: function(*args, **kwargs))

    return run


@asynccontextmanager
async def connection() -> AsyncIterator[Any]:
    """The current transaction's asyncpg connection, or one from the pool."""
    try:
        with LOST_IS_UNAVAILABLE:
            async with _lease() as leased:
                yield leased
    except CONTENTION as error:
        if in_transaction():
            raise
        raise busy() from error


def _lease() -> AbstractAsyncContextManager[Any]:
    current = ENGINE.current_transaction.get()
    if current is not None:
        return nullcontext(current.connection)
    if ENGINE.pool is None or _assumed_lost.get():
        raise unavailable()
    lease: AbstractAsyncContextManager[Any] = ENGINE.pool.acquire()
    return lease


async def _run(method: str, sql: str, args: tuple[Any, ...]) -> Any:
    """One statement; outside a transaction it is retried after deadlocks and lock timeouts."""
    try:
        return await _run_once(method, sql, args)
    except CONTENTION:
        if in_transaction():
            raise
    return await repeat(lambda: _run_once(method, sql, args))


async def read_position() -> LogPosition:
    """Of the primary's log: whatever was committed before is in a replica that has replayed it.

    Sees to it that the data says the timeline. Raises Unavailable, also where the server has become
    a replica itself.
    """
    with stale_reads(None):
        log = await find_one(PrimaryLog, READ_PRIMARY)
    if log is None or log.timeline is None or log.bytes is None:
        raise unavailable()
    if log.announced != log.timeline:
        await execute(ANNOUNCE, log.timeline)
    return LogPosition(log.timeline, log.bytes)


async def _run_once(method: str, sql: str, args: tuple[Any, ...]) -> Any:
    if REPLICA is not None and method != "execute":
        read = current_read()
        if read is not None and not in_transaction():
            with suppress(ReplicaFailed):
                return await REPLICA.run(read, method, sql, args)
    with LOST_IS_UNAVAILABLE:
        async with _lease() as leased:
            return await getattr(leased, method)(sql, *args)


async def fetch_records(sql: str, *args: Any) -> list[Any]:
    """The driver's own records, for results with more columns than a row class has."""
    records: list[Any] = await _run("fetch", sql, args)
    return records


async def fetch_all(row: type[Row], sql: str, *args: Any) -> list[Row]:
    """Every record as a row; its columns are named like the row's fields."""
    return read_rows(row, await fetch_records(sql, *args))


async def find_one(row: type[Row], sql: str, *args: Any) -> Row | None:
    record = await _run("fetchrow", sql, args)
    return None if record is None else read_rows(row, [record])[0]


async def fetch_value(sql: str, *args: Any) -> Any:
    """The first column of the first record; None if there is no record."""
    return await _run("fetchval", sql, args)


async def execute(sql: str, *args: Any) -> int:
    """Run a statement; returns the number of rows changed."""
    status: str = await _run("execute", sql, args)
    last = status.rpartition(" ")[2]
    return int(last) if last.isdigit() else 0


async def lock_until_commit(name: str) -> None:
    """Wait for a lock on this name, held until the transaction ends, so that its holders run one by
    one.
    """
    await execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", name)
