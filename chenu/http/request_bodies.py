"""Bodies have to come in time: who sends one too slowly is told 408 and disconnected."""

import asyncio
from typing import Any

from litestar.exceptions import HTTPException
from litestar.types import ASGIApp, Receive, Send

_WITHOUT_BODY = ("GET", "HEAD")
_MOST_DIGITS = 18


class BodyTooSlow(HTTPException):
    status_code = 408
    detail = "The body did not arrive in time"


class RequestBodies:
    """Wraps the application. `seconds` are for one whole body, from the end of the headers."""

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in _WITHOUT_BODY:
            await self._app(scope, receive, send)
            return
        body = _Body(receive, _find_length(scope["headers"]), self._seconds)
        await self._app(scope, body.receive, send)


def _find_length(headers: Any) -> int | None:
    """As it was announced: our server lets numbers pass alone; None for what is none."""
    for name, value in headers:
        if name == b"content-length":
            return int(value) if value.isdigit() and len(value) <= _MOST_DIGITS else None
    return None


class _Body:
    """One request's messages."""

    def __init__(self, receive: Receive, length: int | None, seconds: float) -> None:
        self._receive = receive
        self._missing = length
        self._loop = asyncio.get_running_loop()
        self._deadline = self._loop.time() + seconds
        self._is_whole = False

    async def receive(self) -> Any:
        """Raises BodyTooSlow. After the body comes the connection's end, which may take long."""
        if self._is_whole:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._deadline):
                message: Any = await self._receive()
        except TimeoutError:
            raise BodyTooSlow from None
        self._note(message)
        return message

    def _note(self, message: dict[str, Any]) -> None:
        """The server asks the connection once more to see the end: its length tells it already."""
        if self._missing is not None:
            self._missing -= len(message.get("body", b""))
            if self._missing <= 0:
                message["more_body"] = False
        self._is_whole = not message.get("more_body", False)
