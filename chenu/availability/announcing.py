"""What a web process does beside its requests: it says that it is there, and refreshes what its
status page knows.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import structlog

from chenu.availability.board import StatusBoard
from chenu.availability.web_processes import (
    WebProcess,
    new_web_process,
    say_goodbye,
    say_hello,
)

log = structlog.get_logger(__name__)

_LAST_SECONDS = 1.0


@asynccontextmanager
async def announcing(url: str, board: StatusBoard, every_seconds: int) -> AsyncIterator[None]:
    """Within this block; at its end the process says goodbye, unless it is killed."""
    process = new_web_process(url)
    await _try(say_hello(process))
    task = asyncio.create_task(_announce(process, board, every_seconds))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LAST_SECONDS):
                await _try(say_goodbye(process))


async def _announce(process: WebProcess, board: StatusBoard, every_seconds: int) -> None:
    while True:
        await _try(board.refresh())
        await asyncio.sleep(every_seconds)
        await _try(say_hello(process))


async def _try(act: Coroutine[Any, Any, object]) -> None:
    try:
        await act
    except Exception as error:  # the next time is soon
        log.warning("web_process_unheard", error=type(error).__name__)
