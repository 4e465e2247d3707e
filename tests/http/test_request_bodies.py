"""What refers to a request once it is over: the server closes its connection when nothing does."""

import asyncio
import gc
import weakref
from typing import Any

import pytest

from chenu.http.request_bodies import BodyTooSlow, RequestBodies

LENGTH = [(b"content-length", b"50")]


class Transport:
    """The server's side of one request, of which no byte of the body ever comes.

    As with granian, what is waited for is no frame of Python's that would refer to it.
    """

    def receive(self) -> Any:
        return asyncio.get_running_loop().create_future()

    async def send(self, message: Any) -> None:
        pass


@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_an_exception_that_is_stored_does_not_keep_the_request(method: str) -> None:
    stored: list[BaseException] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        try:
            await receive()
        except BodyTooSlow as error:
            stored.append(error)

    transport = Transport()
    alive = weakref.ref(transport)
    scope: Any = {"type": "http", "method": method, "headers": LENGTH}
    gc.disable()
    try:
        await RequestBodies(app, 0.01)(scope, transport.receive, transport.send)
        del transport
        gone = alive() is None
    finally:
        gc.enable()

    assert [type(error) for error in stored] == [BodyTooSlow]
    assert gone
