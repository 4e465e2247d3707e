"""Waits for what another process or task does, by polling, never for a fixed time."""

import asyncio
import time
from collections.abc import Awaitable, Callable

_PATIENCE_SECONDS = 60.0


async def until(happened: Callable[[], Awaitable[object]], what: str = "it") -> None:
    """Returns once the condition is true; fails after a timeout."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if await happened():
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"{what} did not happen within {_PATIENCE_SECONDS:.0f} s")
