"""Requests and answers of the API, read from and written to ASGI."""

import base64
import binascii
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from chenu.sandbox.api import forms
from chenu.sandbox.engine.errors import Refused
from chenu.sandbox.engine.json_types import Json, loads

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class ConnectionDropped(Exception):
    """The connection ends without an answer."""


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """Header names are in lower case."""

    id: str
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes

    @property
    def v2(self) -> bool:
        return self.path.startswith("/v2/")

    @property
    def idempotency_key(self) -> str | None:
        """The key, for methods that use one: POST, and DELETE in API v2."""
        handled = self.method == "POST" or (self.v2 and self.method == "DELETE")
        return self.headers.get("idempotency-key") if handled else None

    @property
    def api_key(self) -> str:
        """From Bearer or Basic authorization; empty without one."""
        scheme, _, value = self.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return value.strip()
        if scheme.lower() == "basic":
            try:
                return base64.b64decode(value).decode().partition(":")[0]
            except (binascii.Error, UnicodeDecodeError):
                return ""
        return ""

    def form(self) -> Json:
        """Parameters as they came, from query and body; raises Refused when unreadable."""
        found = forms.decode(self.query) if self.query else {}
        if not self.body:
            return found
        try:
            if not self.v2:
                return found | forms.decode(self.body.decode())
            body = loads(self.body)
        except ValueError as error:
            raise Refused(f"Invalid request body: {error}") from error
        if not isinstance(body, dict):
            raise Refused("The request body is not a JSON object")
        return found | body


@dataclass(slots=True)
class ApiAnswer:
    """Status, exact bytes and extra headers."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


async def read_request(scope: Scope, receive: Receive, request_id: str) -> ApiRequest:
    """Raises ConnectionDropped when the client goes before its body is whole."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionDropped
        body.extend(message.get("body", b""))
        if not message.get("more_body", False):
            break
    headers = {name.decode("latin-1").lower(): v.decode("latin-1") for name, v in scope["headers"]}
    return ApiRequest(
        request_id,
        scope["method"],
        scope["path"].rstrip("/"),
        scope.get("query_string", b"").decode("latin-1"),
        headers,
        bytes(body),
    )


async def send_answer(send: Send, answer: ApiAnswer) -> None:
    await _send_head(send, answer)
    await send({"type": "http.response.body", "body": answer.body})


async def send_half(send: Send, answer: ApiAnswer) -> None:
    """Send the headers for the whole body, but only half of the body."""
    await _send_head(send, answer)
    half = answer.body[: len(answer.body) // 2]
    await send({"type": "http.response.body", "body": half, "more_body": True})


async def _send_head(send: Send, answer: ApiAnswer) -> None:
    headers = {
        "content-type": "application/json",
        "content-length": str(len(answer.body)),
        **answer.headers,
    }
    await send(
        {
            "type": "http.response.start",
            "status": answer.status,
            "headers": [(k.encode("latin-1"), v.encode("latin-1")) for k, v in headers.items()],
        }
    )
