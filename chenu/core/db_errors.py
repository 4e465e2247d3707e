"""What goes wrong between us and PostgreSQL, in our own words, and what is worth another try."""

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

_LOST = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a query on a connection that is just being ended
    asyncpg.OperatorInterventionError,
    asyncpg.TooManyConnectionsError,
)
_TOO_SLOW = (TimeoutError, asyncpg.QueryCanceledError)
"""A statement was ended for the time that it took; the connection is in order."""
CONTENTION = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.LockNotAvailableError,
)
"""Somebody else's transaction was in the way: the same again, a moment later, may succeed."""
_MOST_ATTEMPTS = 5
_LONGEST_SECONDS = 12
_PAUSE_SECONDS = 0.02

BAD_VALUES = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError)
"""A value that no row can hold: text with a NUL, or what a constraint forbids."""


def unavailable() -> Unavailable:
    """What a lost database is to everybody else."""
    return Unavailable("The service is not available right now, please try again")


def busy() -> Busy:
    """What others' transactions, or a statement without end, are to everybody else."""
    return Busy("This is taking longer than it should, please try again")


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


class LostIsUnavailable:
    """A block of which the driver's complaints about the connection come out as Unavailable."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, _TOO_SLOW):
            log.warning("statement_too_slow", cause=type(error).__name__)
            raise busy() from error
        is_ours = isinstance(error, asyncpg.DataError)  # an InterfaceError too, but our mistake
        if isinstance(error, _LOST) and not is_ours:
            log.warning("database_lost", cause=type(error).__name__)
            raise unavailable() from error


LOST_IS_UNAVAILABLE = LostIsUnavailable()


async def repeat(attempt: Callable[[], Awaitable[Result]]) -> Result:
    """A few times, while others are in the way. Raises Busy."""
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
