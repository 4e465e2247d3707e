"""Serving the application with granian on a port that is ours before anything else starts.

docs/decisions/0013 says why granian, and what of it is used.
"""

import asyncio
import gc
import os
import resource
import signal
import socket
import stat
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.embed import Server
from litestar.types import ASGIApp, Receive, Scope, Send

from chenu.connection_limits import ConnectionLimits

MAX_HEAD_BYTES = 65_536
"""Of the request line and all headers; more is answered with 431 or 414."""
_SHUTDOWN_SECONDS = 2.5
_LAST_SECONDS = 0.5
_BACKLOG = 512
_START_SECONDS = 10
_MAX_FILES = 20_000
_UNACKNOWLEDGED_MS = 60_000
_KEEP_ALIVE = {"TCP_KEEPIDLE": 60, "TCP_KEEPINTVL": 15, "TCP_KEEPCNT": 4}
_QUIET_LOGS = {"incremental": True, "handlers": {}, "loggers": {}}
"""Logs are configured already: granian sets its own logger's level and nothing else."""


class PortTaken(Exception):
    """One line that names the port and the reason."""


def claim_port(host: str, port: int) -> socket.socket:
    """A socket that keeps others off the port; raises PortTaken. Port 0 takes a free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    claim = socket.socket(family)
    claim.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        claim.bind((host, port))
        claim.listen()
    except OSError as error:
        claim.close()
        raise PortTaken(f"port {port} cannot be used: {error.strerror}") from None
    return claim


def _limit_patience(listener: socket.socket) -> None:
    """Connections inherit it: clients that read nothing for a minute, or are gone, are dropped."""
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if sys.platform == "linux":
        user_timeout = socket.TCP_USER_TIMEOUT
        listener.setsockopt(socket.IPPROTO_TCP, user_timeout, _UNACKNOWLEDGED_MS)
        for name, value in _KEEP_ALIVE.items():
            listener.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def find_listener(port: int, *, besides: int = -1) -> socket.socket | None:
    """A listening socket of this process that is not the descriptor `besides`.

    It is a duplicate: options that are set on it hold for the original.
    """
    for path in Path("/dev/fd").iterdir():
        if int(path.name) != besides and _is_socket(int(path.name)):
            found = socket.socket(fileno=os.dup(int(path.name)))
            if _listens(found, port):
                return found
            found.close()
    return None


def _is_socket(descriptor: int) -> bool:
    try:
        return stat.S_ISSOCK(os.fstat(descriptor).st_mode)
    except OSError:  # closed since the folder was read
        return False


def _listens(found: socket.socket, port: int) -> bool:
    return (
        found.family in (socket.AF_INET, socket.AF_INET6)
        and bool(found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
        and found.getsockname()[1] == port
    )


def _limit_connections() -> int:
    """Those above wait in the backlog. WebSockets and the database need files as well."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MAX_FILES if hard == resource.RLIM_INFINITY else min(_MAX_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return wanted // 2


def spare_garbage_collection() -> None:
    """Exempt objects that exist at start from garbage collection, which took a third of each
    request.

    Requests create hardly any reference cycles, so that rarer collections are enough. What was
    under way during a collection is garbage that only a full one finds. CPython waits with those
    until a quarter of what the last full one saw has been added: this one, which sees next to
    nothing, keeps what was exempted from counting. None comes before: less than 1 MB of what was
    made at start is garbage, and to find it would take longer than all else after the imports.
    """
    gc.freeze()
    gc.collect()
    gc.set_threshold(50_000, 20, 5)
    gc.enable()


class _Requests:
    """Wraps the application; knows the tasks of what is under way."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._tasks: set[asyncio.Task[object] | None] = set()
        self._is_ending = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        task = asyncio.current_task()
        self._tasks.add(task)
        try:
            await self._app(scope, receive, send)
        except asyncio.CancelledError:
            if not self._is_ending:
                # else the server is stopping: no error to report, and nobody awaits this task
                raise
        finally:
            self._tasks.discard(task)

    async def finish(self) -> None:
        """Returns when nothing is under way."""
        while self._tasks:
            await asyncio.wait({task for task in self._tasks if task})

    def cancel(self) -> None:
        self._is_ending = True
        for task in list(self._tasks):
            if task is not None:
                task.cancel()


def _server(app: ASGIApp, claim: socket.socket, limits: ConnectionLimits) -> Server:
    host, port = claim.getsockname()[:2]
    return Server(
        app,
        address=host,
        port=port,
        interface=Interfaces.ASGINL,
        http=HTTPModes.http1,
        backlog=_BACKLOG,
        backpressure=_limit_connections(),
        http1_settings=HTTP1Settings(
            header_read_timeout=int(limits.head_seconds * 1_000),
            max_buffer_size=MAX_HEAD_BYTES,
        ),
        log_level=LogLevels.error,
        log_dictconfig=_QUIET_LOGS,
    )


async def _hand_over(claim: socket.socket, server: asyncio.Task[None]) -> None:
    """Returns when the server listens and the claim is closed.

    The server opens its socket itself and shares its port (SO_REUSEPORT). From now on so does the
    claim; a claim of another process does not, and is refused: the port is never free meanwhile.
    """
    with claim:
        claim.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        port, descriptor = claim.getsockname()[1], claim.fileno()
        async with asyncio.timeout(_START_SECONDS):
            while (listener := find_listener(port, besides=descriptor)) is None:
                if server.done():
                    raise RuntimeError("the web server did not start") from server.exception()
                await asyncio.sleep(0.001)
    with listener:
        _limit_patience(listener)


@asynccontextmanager
async def serving(
    app: ASGIApp, claim: socket.socket, limits: ConnectionLimits
) -> AsyncIterator[asyncio.Task[None]]:
    """The application is served within this block.

    At its end, open requests get a short grace time.

    Requests that have not arrived whole by then are not waited for. The yielded task ends by itself
    only if the server failed.
    """
    requests = _Requests(app)
    server = _server(requests, claim, limits)
    task: asyncio.Task[None] = asyncio.create_task(server.serve())
    try:
        await _hand_over(claim, task)
        yield task
    finally:
        server.stop()  # type: ignore[no-untyped-call]
        finishing = asyncio.create_task(requests.finish())
        await asyncio.wait({finishing}, timeout=_SHUTDOWN_SECONDS)
        finishing.cancel()
        requests.cancel()
        await asyncio.wait({task}, timeout=_LAST_SECONDS)
        task.cancel()


async def serve(
    app: ASGIApp,
    claim: socket.socket,
    limits: ConnectionLimits,
    prepare: Callable[[], None] = lambda: None,
) -> None:
    """Until SIGTERM or SIGINT; returns within three seconds: callers close what they opened.

    `prepare` runs in a thread once the server listens, for what the first requests would wait for.
    """
    loop = asyncio.get_running_loop()
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    async with serving(app, claim, limits) as task:
        preparing = asyncio.create_task(asyncio.to_thread(prepare))
        waiting = asyncio.create_task(stopping.wait())
        await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        await preparing
    if not stopping.is_set():
        raise RuntimeError("the web server ended by itself")
