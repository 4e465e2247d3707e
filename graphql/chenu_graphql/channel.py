"""Messages of graphql-transport-ws over one WebSocket, and the two ways in which it ends."""

from contextlib import suppress
from typing import Any

from litestar import WebSocket
from litestar.exceptions import WebSocketException

from chenu.core.errors import BadInput
from chenu_graphql.messages import SocketMessage, read_json, write_json

MAX_MESSAGE = 100_000
_LONGEST_REASON = 123

Socket = WebSocket[Any, Any, Any]


class ProtocolClosed(Exception):
    """The server closes the connection with this code and reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class ClientGone(RuntimeError):
    """The client has closed the connection."""


class Channel:
    def __init__(self, socket: Socket) -> None:
        self._socket = socket

    async def receive(self) -> SocketMessage:
        """Raises ProtocolClosed for an invalid message."""
        text = await self._socket.receive_data("text")
        if len(text) > MAX_MESSAGE:
            raise ProtocolClosed(4400, "The message is too large")
        try:
            message: SocketMessage = read_json(text, SocketMessage)
        except BadInput as error:
            raise ProtocolClosed(4400, str(error)[:120]) from None
        return message

    async def send(self, kind: str, operation_id: str | None = None, payload: Any = None) -> None:
        """Raises ClientGone."""
        message = {"type": kind, "id": operation_id, "payload": payload}
        present = {key: value for key, value in message.items() if value is not None}
        written = write_json(present)
        try:
            await self._socket.send_data(written, mode="text")
        except (WebSocketException, RuntimeError) as error:
            raise ClientGone(str(error)) from None

    async def close(self, closed: ProtocolClosed) -> None:
        with suppress(WebSocketException, RuntimeError):  # the connection may be closed already
            await self._socket.close(closed.code, _fit(closed.reason))


def _fit(reason: str) -> str:
    """Shortens the reason: a close frame has room for 123 bytes."""
    return reason.encode()[:_LONGEST_REASON].decode(errors="ignore")
