"""Serving the application with uvicorn on a port that is ours before anything else starts."""

import gc
import socket
import sys
from types import FrameType

import uvicorn
from litestar.types import ASGIApp

_SHUTDOWN_SECONDS = 3
_MAX_SOCKET_MESSAGE_BYTES = 100_000  # several times what one GraphQL operation may be


class PortTaken(Exception):
    """One line that names the port and the reason."""


def claim_port(host: str, port: int) -> socket.socket:
    """A listening socket; raises PortTaken. Port 0 takes a free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(512)
    except OSError as error:
        listener.close()
        raise PortTaken(f"port {port} cannot be used: {error.strerror}") from None
    listener.set_inheritable(True)
    return listener


def spare_garbage_collection() -> None:
    """What is there at start stays: looking through it again and again is a third of a request.

    Requests leave hardly any cycles behind, so that rarer collections find as much at once.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 1_000)


class _Server(uvicorn.Server):
    """Ends by returning: uvicorn would die of the signal before database and Stripe are closed."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        self._captured_signals.clear()


async def serve(app: ASGIApp, listener: socket.socket) -> None:
    """Until SIGTERM or SIGINT; requests under way get three seconds."""
    spare_garbage_collection()
    config = uvicorn.Config(
        app,
        loop="uvloop" if sys.platform != "win32" else "asyncio",
        http="httptools",
        ws="websockets-sansio",
        ws_max_size=_MAX_SOCKET_MESSAGE_BYTES,
        lifespan="off",
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
    )
    await _Server(config).serve(sockets=[listener])
