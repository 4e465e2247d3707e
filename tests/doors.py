"""An address that leads to one server and then to another, as HAProxy's."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit


@dataclass
class Door:
    """New connections to `url` go to `target`'s server; those that are open stay."""

    url: str
    target: str
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    async def pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        place = urlsplit(self.target)
        answers, asks = await asyncio.open_connection(place.hostname, place.port)
        self._open |= {asks, writer}
        await asyncio.gather(_copy(reader, asks), _copy(answers, writer))
        self._open -= {asks, writer}

    def lead_to(self, target: str) -> None:
        """Connections end with the server that they are of."""
        self.target = target
        for each in self._open:
            each.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
    except ConnectionError:
        pass
    finally:
        writer.close()


@asynccontextmanager
async def open_door(target: str) -> AsyncIterator[Door]:
    door = Door("", target)
    server = await asyncio.start_server(door.pass_on, "127.0.0.1", 0)
    place = urlsplit(target)
    login = place.netloc.rpartition("@")[0]
    port = server.sockets[0].getsockname()[1]
    door.url = urlunsplit(place._replace(netloc=f"{login}@127.0.0.1:{port}"))
    try:
        yield door
    finally:
        server.close()
