"""Stores what a process has counted every few seconds, and once more when it ends."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from chenu.core.errors import Unavailable
from chenu.metering.limiter import Limiter
from chenu.metering.usage import store_usage

log = structlog.get_logger(__name__)

STORE_SECONDS = 2.0
"""With what a statement takes, at most five seconds of calls are lost with Valkey."""
_LAST_SECONDS = 1.0


@asynccontextmanager
async def storing(limiter: Limiter, every_seconds: float = STORE_SECONDS) -> AsyncIterator[None]:
    """Within this block. The database may be away: what is not stored waits for the next time."""
    stop = asyncio.Event()
    task = asyncio.create_task(_store_until(stop, limiter, every_seconds))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait({task}, timeout=_LAST_SECONDS)
        task.cancel()


async def _store_until(stop: asyncio.Event, limiter: Limiter, every_seconds: float) -> None:
    while not stop.is_set():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), every_seconds)
        if not stop.is_set():
            await _try_to_store(limiter)
    await _try_to_store(limiter)


async def _try_to_store(limiter: Limiter) -> None:
    try:
        await store_usage(limiter.counts)
        with contextlib.suppress(Unavailable, TimeoutError):  # not back yet
            await limiter.tell()
    except Exception as error:
        log.warning("usage_not_stored", error=type(error).__name__)
