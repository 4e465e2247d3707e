"""Request bodies must arrive in time and whole: otherwise 408 if too slow, 400 if cut short."""

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
    """Wraps the application.

    `seconds` is the time for one whole body, from the end of the headers.
    """

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
            exchange.release()


def _find_length(headers: Any) -> int | None:
    """The value of Content-Length; None without one. The server only lets numbers pass."""
    for name, value in headers:
        if name == b"content-length":
            return int(value) if value.isdigit() and len(value) <= _MOST_DIGITS else None
    return None


async def _receive_disconnect() -> Any:
    return {"type": "http.disconnect"}


async def _discard(message: Any) -> None:
    """For an answer that nobody can receive any more."""


class _Exchange:
    """The messages of one request.

    The server closes a connection with an unread body once nothing refers to its request any more.
    An exception's frames refer to what they used until the next garbage collection, so they may
    only refer to this object.
    """

    def __init__(self, receive: Receive, send: Send, length: int | None, seconds: float) -> None:
        self._receive: Receive = receive
        self._send: Send = send
        self._missing = length
        self._loop = asyncio.get_running_loop()
        self._deadline = self._loop.time() + seconds
        self._is_whole = False

    def release(self) -> None:
        self._receive, self._send = _receive_disconnect, _discard

    async def send(self, message: Any) -> None:
        await self._send(message)

    async def receive(self) -> Any:
        """After the body, waits for the end of the connection, which may take long.

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
        self._mark_last(message)
        return message

    def _mark_last(self, message: dict[str, Any]) -> None:
        """Mark the last message by Content-Length: the server would wait for the connection to see
        the end.
        """
        if self._missing is not None:
            self._missing -= len(message.get("body", b""))
            if self._missing <= 0:
                message["more_body"] = False
        self._is_whole = not message.get("more_body", False)
