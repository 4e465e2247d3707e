"""Programs of ours that work on what people sent, each run in a process beside this one.

It has no settings, no connections and no secret in its environment, and is killed when it takes
too long; the program bounds its own processor time and memory (`chenu.core.process_limits`).
"""

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import Mapping

import msgspec

from chenu.core.errors import Busy

_PASSED_ON = ("PATH", "HOME", "LANG", "XDG_CACHE_HOME", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
"""What finds libraries and fonts; no secret of ours."""


class TookTooLong(Exception):
    """It was killed."""


class Answer(msgspec.Struct, frozen=True):
    """`status` is negative for a process that was killed by that signal."""

    status: int
    output: bytes
    words: bytes

    @property
    def last_words(self) -> str:
        return self.words[-500:].decode(errors="replace")


def command_of(module: str) -> tuple[str, ...]:
    """Runs the module without anything of the folder or the user; it writes no compiled modules.

    On a full disk Python would store a part of one, which every later process would trip over.
    """
    return (sys.executable, "-I", "-B", "-m", module)


class BoundedProcess:
    """Runs a few at a time, so that many requests do not take all processors."""

    def __init__(
        self, command: tuple[str, ...], seconds: float, *, at_once: int, waiting: int, busy: str
    ) -> None:
        self._command = command
        self._seconds = seconds
        self._places = asyncio.Semaphore(at_once)
        self._most_waiting = waiting
        self._busy = busy
        self._waiting = 0

    async def run(self, given: bytes, *args: str) -> Answer:
        """Raises Busy with the message, or TookTooLong."""
        if self._waiting >= self._most_waiting:
            raise Busy(self._busy)
        self._waiting += 1
        try:
            async with self._places:
                return await self._run(given, args)
        finally:
            self._waiting -= 1

    async def _run(self, given: bytes, args: tuple[str, ...]) -> Answer:
        process = await asyncio.create_subprocess_exec(
            *self._command,
            *args,
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env=_environment(),
            start_new_session=True,
        )
        try:
            async with asyncio.timeout(self._seconds):
                output, words = await process.communicate(given)
        except TimeoutError:
            raise TookTooLong from None
        finally:
            if process.returncode is None:
                _kill_with_children(process.pid)
                await process.wait()
        return Answer(process.returncode or 0, output, words)


def _kill_with_children(process_id: int) -> None:
    """It leads a group of its own, in which its children are."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process_id, signal.SIGKILL)


def _environment() -> Mapping[str, str]:
    return {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
