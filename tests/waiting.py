"""Waiting for what another process or task does: asked again and again, never for a fixed time."""

import asyncio
import time
from collections.abc import Awaitable, Callable

_PATIENCE_SECONDS = 60.0


async def until(happened: Callable[[], Awaitable[object]]) -> None:
    """Returns once it is true; fails when it never is."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if await happened():
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"it did not happen within {_PATIENCE_SECONDS:.0f} s")
