"""Reads that may be old: how old each kind may be, and what one reader must find in them.

A block `stale_reads` says that its statements may be answered by a replica; core/replica.py decides
for each statement whether it may be this time.
"""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum

import msgspec

from chenu.core.log_position import BEGINNING, LogPosition


class ReadKind(StrEnum):
    """What is read. The order is that of the bounds, from the shortest."""

    API = "api"
    PAGES = "pages"
    FIGURES = "figures"
    EXPORTS = "exports"


Bounds = Mapping[ReadKind, float]
"""Seconds that what is read may be old; 0: it is always read from the primary."""

DEFAULT_BOUNDS: Bounds = {
    ReadKind.API: 1.0,
    ReadKind.PAGES: 10.0,
    ReadKind.FIGURES: 30.0,
    ReadKind.EXPORTS: 60.0,
}
LONGEST_BOUND = 600.0
SHORTEST_BOUND = 0.5
"""Shorter ones would need so many probes that they cost more than they spare."""


class StaleRead(msgspec.Struct):
    """Reads of one kind for one reader, who has written until the position `after` of the log.

    `as_of` becomes the monotonic time that the oldest of its answers is of: infinite while all
    come from the primary.
    """

    kind: ReadKind
    after: LogPosition = BEGINNING
    as_of: float = math.inf


_current: ContextVar[StaleRead | None] = ContextVar("_current", default=None)


@contextmanager
def stale_reads(read: StaleRead | None) -> Iterator[None]:
    """Meanwhile this task's `fetch_` and `find_` outside transactions may be answered by the
    replica; None: by the primary alone.

    Never for what decides about money or rights.
    """
    token = _current.set(read)
    try:
        yield
    finally:
        _current.reset(token)


def current_read() -> StaleRead | None:
    return _current.get()
