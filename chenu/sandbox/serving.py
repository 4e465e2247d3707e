"""Serves the sandbox on a port: the server can hang up on clients, and it stops quickly."""

import asyncio
import sys
from types import FrameType

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from chenu.sandbox.app import create_app
from chenu.sandbox.config import SandboxConfig

_GRACE_SECONDS = 0.3
_IDLE_SECONDS = 75
"""Longer than any client keeps an idle connection. Whoever ends it first must be the client: a
busy server that ends it while the next request is on its way resets that request."""


class HangUpProtocol(HttpToolsProtocol):
    """Lets faults end a connection without an answer, by `scope["extensions"]["chenu.abort"]`."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {"chenu.abort": self.transport.abort}  # type: ignore[dict-item]


class PromptServer(uvicorn.Server):
    """Gives open requests a short grace period, so that silent faults do not delay the end."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.should_exit = True
        asyncio.get_running_loop().call_later(_GRACE_SECONDS, self._force)

    def _force(self) -> None:
        self.force_exit = True


def serve(config: SandboxConfig, host: str, port: int) -> None:
    """Until SIGTERM or SIGINT."""
    server = PromptServer(
        uvicorn.Config(
            create_app(config),
            host=host,
            port=port,
            http=HangUpProtocol,
            loop="uvloop" if sys.platform != "win32" else "asyncio",
            access_log=False,
            log_level="warning",
            timeout_keep_alive=_IDLE_SECONDS,
            lifespan="on",
        )
    )
    with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
        runner.run(server.serve())
