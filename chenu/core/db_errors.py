"""Errors of PostgreSQL and its driver as our own errors, and which of them are worth a retry."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import asyncpg
import structlog

from chenu.core.errors import Busy, Unavailable

log = structlog.get_logger(__name__)

Result = TypeVar("Result")

LOST = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a query on a connection that is being closed
    asyncpg.OperatorInterventionError,
    asyncpg.TooManyConnectionsError,
)
WRITES_REFUSED = (asyncpg.ReadOnlySQLTransactionError,)
"""For a while, by whoever runs the server (`default_transaction_read_only`)."""
TOO_SLOW = (TimeoutError, asyncpg.QueryCanceledError)
"""A statement took too long and was cancelled; the connection is still usable."""
CONTENTION = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.LockNotAvailableError,
)
"""Another transaction was in the way: the same statement may succeed a moment later."""
_MOST_ATTEMPTS = 5
_LONGEST_SECONDS = 12
_PAUSE_SECONDS = 0.02

BAD_VALUES = (*(asyncpg.DataError, asyncpg.IntegrityConstraintViolationError, asyncpg.RaiseError),)
"""A value that cannot be stored: text with a NUL, a violated constraint, or what a function of ours
refuses.
"""


def unavailable() -> Unavailable:
    """The error that callers get when the database is lost."""
    return Unavailable("The service is not available right now, please try again")


def busy() -> Busy:
    """The error that callers get when locks of other transactions, or a timeout, stopped a
    statement.
    """
    return Busy("This is taking longer than it should, please try again")


def is_lost(error: BaseException | None) -> bool:
    """Whether the server is gone, or is no primary any more. An InterfaceError may also be a
    programming error of ours.
    """
    is_ours = isinstance(error, asyncpg.DataError)
    return isinstance(error, (*LOST, *WRITES_REFUSED)) and not is_ours


@contextmanager
def no_answer_is_unavailable() -> Iterator[None]:
    """For the start of a process: the message tells operators what is wrong with DATABASE_URL."""
    try:
        yield
    except asyncpg.TargetServerAttributeNotMatched as error:
        raise _unusable("its server is a replica") from error
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise _unusable(str(error) or type(error).__name__) from error


def _unusable(reason: str) -> Unavailable:
    return Unavailable("DATABASE_URL: the database cannot be used: {reason}", reason=reason)


class LostIsUnavailable:
    """A context in which the driver's connection errors are raised as Unavailable."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, TOO_SLOW):
            log.warning("statement_too_slow", cause=type(error).__name__)
            raise busy() from error
        if error is not None and is_lost(error):
            log.warning("database_lost", cause=type(error).__name__)
            raise unavailable() from error


LOST_IS_UNAVAILABLE = LostIsUnavailable()


async def repeat(attempt: Callable[[], Awaitable[Result]]) -> Result:
    """Retry a few times after deadlocks and lock timeouts. Raises Busy."""
    loop = asyncio.get_running_loop()
    end = loop.time() + _LONGEST_SECONDS
    for number in range(1, _MOST_ATTEMPTS + 1):
        try:
            return await attempt()
        except CONTENTION as error:
            log.info("transaction_in_the_way", cause=type(error).__name__, attempt=number)
            if number == _MOST_ATTEMPTS or loop.time() > end:
                raise busy() from error
        await asyncio.sleep(random.uniform(0, _PAUSE_SECONDS * 2**number))  # noqa: S311 - jitter
    raise busy()
