"""Bodies have to come in time and whole: too slow is 408, cut short 400, neither is our fault."""

import asyncio
from typing import Any

from litestar.exceptions import HTTPException
from litestar.types import ASGIApp, Receive, Send

_BODY_HEADERS = frozenset({b"content-length", b"transfer-encoding"})
_MOST_DIGITS = 18


class BodyTooSlow(HTTPException):
    status_code = 408
    detail = "The body did not arrive in time"


class BodyCutShort(HTTPException):
    status_code = 400
    detail = "The connection ended before the body did"


class RequestBodies:
    """Wraps the application. `seconds` are for one whole body, from the end of the headers."""

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or _BODY_HEADERS.isdisjoint(dict(scope["headers"])):
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(receive, send, _find_length(scope["headers"]), self._seconds)
        try:
            await self._app(scope, exchange.receive, exchange.send)
        finally:
            exchange.let_go()


def _find_length(headers: Any) -> int | None:
    """As it was announced: our server lets numbers pass alone; None for what is none."""
    for name, value in headers:
        if name == b"content-length":
            return int(value) if value.isdigit() and len(value) <= _MOST_DIGITS else None
    return None


async def _nothing_more() -> Any:
    return {"type": "http.disconnect"}


async def _unsent(message: Any) -> None:
    """The request is over."""


class _Exchange:
    """One request's messages.

    The server closes a connection with an unread body once nothing refers to its request any more.
    The frames of an exception do until the next collection: so they refer to this object alone.
    """

    def __init__(self, receive: Receive, send: Send, length: int | None, seconds: float) -> None:
        self._receive: Receive = receive
        self._send: Send = send
        self._missing = length
        self._loop = asyncio.get_running_loop()
        self._deadline = self._loop.time() + seconds
        self._is_whole = False

    def let_go(self) -> None:
        self._receive, self._send = _nothing_more, _unsent

    async def send(self, message: Any) -> None:
        await self._send(message)

    async def receive(self) -> Any:
        """After the body comes the connection's end, which may take long.

        Raises BodyTooSlow or BodyCutShort.
        """
        if self._is_whole:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._deadline):
                message: Any = await self._receive()
        except TimeoutError:
            raise BodyTooSlow from None
        if message["type"] == "http.disconnect":
            raise BodyCutShort
        self._note(message)
        return message

    def _note(self, message: dict[str, Any]) -> None:
        """The server asks the connection once more to see the end: its length tells it already."""
        if self._missing is not None:
            self._missing -= len(message.get("body", b""))
            if self._missing <= 0:
                message["more_body"] = False
        self._is_whole = not message.get("more_body", False)
