"""Reading a request's body before the application does, which then reads it again."""

from collections.abc import Awaitable, Callable
from typing import Any

BODY = "body"
"""Where the scope's state holds a body that was read ahead."""

Receive = Callable[[], Awaitable[Any]]


async def read_ahead(receive: Receive) -> tuple[bytes, Receive]:
    """The body, and a `receive` that repeats the same messages for the application."""
    messages: list[Any] = [await receive()]
    while messages[-1].get("more_body"):
        messages.append(await receive())
    body = b"".join(message.get("body", b"") for message in messages)
    waiting = messages[::-1]

    async def replay() -> Any:
        return waiting.pop() if waiting else await receive()

    return body, replay


def raising(error: Exception) -> Receive:
    """For an error of reading ahead, which the application words."""

    async def receive() -> Any:
        raise error

    return receive
