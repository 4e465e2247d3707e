"""Raw connections, for clients that break the protocol: bytes sent as they are, and the answer."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import islice

PATIENCE_SECONDS = 60


class RawConnection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer

    async def until_closed(self) -> bytes:
        """Everything received; fails if the server never closes the connection."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            try:
                return await self._reader.read()
            except ConnectionError:
                return b""

    async def until_answered(self, end: bytes = b"\r\n\r\n") -> bytes:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self._reader.readuntil(end)

    async def send_all(self, chunks: Iterator[bytes], *, pause: float = 0) -> int:
        """Sends until the server closes the connection; returns the number of bytes it took."""
        taken = 0
        try:
            for chunk in chunks:
                self.writer.write(chunk)
                await self.writer.drain()
                taken += len(chunk)
                await asyncio.sleep(pause)
        except ConnectionError:
            pass
        return taken


@asynccontextmanager
async def connected(port: int, sent: bytes = b"") -> AsyncIterator[RawConnection]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**24)
    writer.write(sent)
    try:
        yield RawConnection(reader, writer)
    finally:
        writer.transport.abort()


def chunks_of(pattern: bytes, total: int) -> Iterator[bytes]:
    """`pattern` repeated up to that many bytes; %d in it is replaced by a counter."""
    is_counted = b"%d" in pattern
    times = total // len(pattern)
    batch = max(1, 50_000 // len(pattern))
    lines = (pattern % number if is_counted else pattern for number in range(times))
    while chunk := b"".join(islice(lines, batch)):
        yield chunk
