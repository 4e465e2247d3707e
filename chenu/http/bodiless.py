"""Responses without a body: to HEAD requests, and 304 for clients with a current copy.

RFC 9110, 9.3.2 and 13.1.2. The application is called with GET, so that headers, access rules and
errors are those of a GET.
"""

import asyncio
import re
from typing import Any

from litestar.types import ASGIApp, Receive, Send

_TAG = re.compile(r'"[^"]*"')
_OF_THE_BODY = {b"content-length", b"content-type", b"content-encoding", b"content-language"}
_OK, _NOT_MODIFIED = 200, 304


async def answer_bodiless(
    app: ASGIApp, scope: Any, receive: Receive, send: Send, known_tags: str
) -> None:
    """`known_tags` is the value of If-None-Match, empty without one."""
    asked: Any = {**scope, "method": "GET"}

    async def send_noting_route(message: Any) -> None:
        if "path_template" in asked:  # the edge counts requests by it
            scope["path_template"] = asked["path_template"]
        await send(message)

    answer = _Answer(send_noting_route, known_tags, is_head=scope["method"] == "HEAD")
    await app(asked, answer.receive if answer.is_head else receive, answer.send)


class _Answer:
    """Forwards the start of the response, and its body unless the response has none."""

    def __init__(self, send: Send, known_tags: str, *, is_head: bool) -> None:
        self._send = send
        self._known_tags = known_tags
        self._has_body = not is_head
        self._was_asked = False
        self._ended = asyncio.Event()
        self.is_head = is_head

    async def receive(self) -> Any:
        """For HEAD: an empty body, then a disconnect as soon as the head was sent, which ends
        streams.
        """
        if not self._was_asked:
            self._was_asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._ended.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            if message["status"] == _OK and self._is_known(message["headers"]):
                message = _not_modified(message)
                self._has_body = False
            await self._send(message)
            if not self._has_body:
                await self._end()
        elif self._has_body:
            await self._send(message)

    async def _end(self) -> None:
        end: Any = {"type": "http.response.body", "body": b"", "more_body": False}
        await self._send(end)
        self._ended.set()

    def _is_known(self, headers: list[tuple[bytes, bytes]]) -> bool:
        """Weak comparison, because a proxy that compresses marks our tags as weak."""
        if not self._known_tags:
            return False
        own = next((value.decode() for name, value in headers if name.lower() == b"etag"), None)
        if own is None:
            return False
        is_any = self._known_tags.strip() == "*"
        return is_any or own.removeprefix("W/") in _TAG.findall(self._known_tags)


def _not_modified(message: Any) -> Any:
    headers = [pair for pair in message["headers"] if pair[0].lower() not in _OF_THE_BODY]
    return {**message, "status": _NOT_MODIFIED, "headers": headers}
