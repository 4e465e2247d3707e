"""The load generator: each connection sends its next request when an answer is complete."""

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

CONNECTIONS = 16
_HOST = "127.0.0.1"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class WrongAnswer(Exception):
    """A server gave an unexpected answer, so that its speed means nothing."""


@dataclass(frozen=True)
class Expected:
    """The expected form of every answer under load; bodies are compared once, before it.

    `length` None: they differ.
    """

    status: int
    length: int | None


class _Connection(asyncio.Protocol):
    """Counts complete answers from `begin` to `end`."""

    def __init__(self, make: Callable[[], bytes], expected: Expected) -> None:
        self._make = make
        self._status = f"HTTP/1.1 {expected.status} ".encode()
        self._expected = expected
        self._buffer = b""
        self.answers = 0
        self.problem: str | None = None
        self.is_ending = False
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass
        self._transport.write(self._make())

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head = self._buffer.find(b"\r\n\r\n")
        if head < 0:
            return
        found = _LENGTH.search(self._buffer, 0, head)
        length = int(found.group(1)) if found else 0
        if len(self._buffer) < head + 4 + length:
            return
        self._count(length)
        self._buffer = b""
        if self.is_ending or self.problem:
            self._transport.close()
        else:
            self._transport.write(self._make())

    def _count(self, length: int) -> None:
        is_as_long = self._expected.length in (None, length)
        if not (is_as_long and self._buffer.startswith(self._status)):
            self.problem = self._buffer[:300].decode("latin-1")
        self.answers += 1

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.is_ending and self.problem is None:
            self.problem = f"the connection was lost: {exc}"
        if not self.done.done():
            self.done.set_result(None)


async def measure(
    port: int, make: Callable[[], bytes], expected: Expected, seconds: float
) -> float:
    """Answers a second over CONNECTIONS connections. Raises WrongAnswer."""
    loop = asyncio.get_running_loop()
    opened = [
        await loop.create_connection(lambda: _Connection(make, expected), _HOST, port)
        for _ in range(CONNECTIONS)
    ]
    connections = [protocol for _, protocol in opened]
    # the first answers are slower, because the last subject has filled the caches
    await asyncio.sleep(seconds / 5)
    before, started = sum(each.answers for each in connections), time.perf_counter()
    await asyncio.sleep(seconds)
    after, ended = sum(each.answers for each in connections), time.perf_counter()
    for each in connections:
        each.is_ending = True
    await asyncio.wait_for(asyncio.gather(*(each.done for each in connections)), 30)
    problems = [each.problem for each in connections if each.problem]
    if problems:
        raise WrongAnswer(problems[0])
    return (after - before) / (ended - started)


async def ask(port: int, request: bytes) -> tuple[int, bytes]:
    """One request on a connection of its own: the status and the body."""
    reader, writer = await asyncio.open_connection(_HOST, port)
    writer.write(request)
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)
    found = _LENGTH.search(head)
    body = await reader.readexactly(int(found.group(1)) if found else 0)
    writer.close()
    return int(head.split(b" ", 2)[1]), body
