"""References to a request after its end: the server closes its connection when there are none."""

import asyncio
import gc
import weakref
from typing import Any

import pytest

from chenu.http.request_bodies import BodyTooSlow, RequestBodies

LENGTH = [(b"content-length", b"50")]


class Transport:
    """The server's side of one request, whose body never arrives.

    As with granian, the awaited object is no Python frame, which would refer to the request.
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
