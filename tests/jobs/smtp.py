"""A small mail server that accepts mails, or refuses, stalls and disconnects as the test
sets it.
"""

import asyncio
from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

OK = "250 ok"


@dataclass
class MailServer:
    """`on_recipient` and `on_data` are its answers.

    `breaks_off`: it accepts the mail without an answer.

    While `may_answer` is not set, it delays its answer to a mail.
    """

    port: int = 0
    on_recipient: str = OK
    on_data: str = OK
    breaks_off: bool = False
    messages: list[EmailMessage] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def has_taken(self) -> bool:
        return bool(self.messages)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client's connection."""
        try:
            await self._talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 tests\r\n")
        while line := (await reader.readline()).decode().strip():
            if line.upper() == "DATA":
                writer.write(b"354 go on\r\n")
                await self._take(await reader.readuntil(b"\r\n.\r\n"))
                if self.breaks_off:
                    return
                writer.write(f"{self.on_data}\r\n".encode())
            else:
                writer.write(f"{self._answer(line)}\r\n".encode())
            await writer.drain()

    def _answer(self, line: str) -> str:
        verb, _, rest = line.partition(" ")
        if verb.upper() == "AUTH":
            _, user, password = b64decode(rest.partition(" ")[2]).decode().split("\0")
            self.logins.append((user, password))
            return "235 welcome"
        known = {
            "EHLO": "250-tests\r\n250 AUTH PLAIN",
            "RCPT": self.on_recipient,
            "QUIT": "221 bye",
        }
        return known.get(verb.upper(), OK)

    async def _take(self, data: bytes) -> None:
        raw = data.removesuffix(b"\r\n.\r\n").replace(b"\r\n..", b"\r\n.")
        message = message_from_bytes(raw, policy=policy.default)
        self.messages.append(message)
        await self.may_answer.wait()


@asynccontextmanager
async def serve_mail() -> AsyncIterator[MailServer]:
    """On a free port; answers at once."""
    server = MailServer()
    server.may_answer.set()
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        server.may_answer.set()
        listener.close()
