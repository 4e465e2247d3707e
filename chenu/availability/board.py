"""The status as a web process knows it: read when it is asked for, and shown from memory while the
database is away.
"""

import asyncio
import time
from datetime import datetime

import msgspec

from chenu.availability.status import Status, read_status
from chenu.core.clock import system_now
from chenu.core.errors import Unavailable

_PATIENCE_SECONDS = 2.0


class KnownStatus(msgspec.Struct, frozen=True):
    """`status` None: nothing was read since the process began. `is_current` False: the database
    does not answer, and this is what was known last.
    """

    status: Status | None
    is_current: bool
    now: datetime


class StatusBoard:
    """`max_age` seconds: what was read is shown for so long without asking again, and a database
    that did not answer is left alone.
    """

    def __init__(self, max_age: float = 0) -> None:
        self._max_age = max_age
        self._status: Status | None = None
        self._read_at = float("-inf")
        self._failed_at = float("-inf")
        self._lock = asyncio.Lock()

    async def get(self) -> KnownStatus:
        """Never raises because of the database."""
        if time.monotonic() - self._read_at >= self._max_age:
            await self.refresh()
        is_current = self._read_at > self._failed_at
        return KnownStatus(self._status, is_current, system_now())

    async def refresh(self) -> None:
        """Once for all who ask at the same time."""
        began = time.monotonic()
        async with self._lock:
            if began - self._failed_at < self._max_age or self._read_at > began:
                return
            try:
                async with asyncio.timeout(_PATIENCE_SECONDS):
                    self._status = await read_status()
                self._read_at = time.monotonic()
            except (Unavailable, TimeoutError):
                self._failed_at = time.monotonic()
