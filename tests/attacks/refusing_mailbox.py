"""A mail server that refuses every mail and repeats each email address in its refusal."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


async def _talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 here\r\n")
    while line := (await reader.readline()).decode(errors="replace").strip():
        refused = line.upper().startswith("RCPT")
        writer.write(f"550 5.1.1 {line}: no such person\r\n".encode() if refused else b"250 ok\r\n")
    writer.close()


@asynccontextmanager
async def refusing_mailbox() -> AsyncIterator[int]:
    """Yields its port."""
    server = await asyncio.start_server(_talk, "127.0.0.1", 0)
    async with server:
        yield int(server.sockets[0].getsockname()[1])
