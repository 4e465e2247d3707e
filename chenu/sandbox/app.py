"""The sandbox as one ASGI application: the API in front, the pages and the control room behind."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from litestar import Litestar
from litestar.datastructures import State

from chenu.sandbox.api.http_messages import Receive, Scope, Send
from chenu.sandbox.config import SandboxConfig
from chenu.sandbox.pages import (
    authentication,
    checkout,
    control_room,
    hosted_invoice,
    invoices,
    onboarding,
    portal,
)
from chenu.sandbox.runtime import Sandbox

_PAGES = (authentication, checkout, control_room, hosted_invoice, invoices, onboarding, portal)

logger = logging.getLogger(__name__)


class SandboxApp:
    """`sandbox` is open to tests that run it in-process; they close it themselves."""

    def __init__(self, sandbox: Sandbox, pages: Litestar) -> None:
        self.sandbox = sandbox
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(("/v1/", "/v2/")):
            await self.sandbox.gateway(scope, receive, send)
        else:
            await self._pages(scope, receive, send)  # type: ignore[arg-type]  # wider on purpose


def create_app(config: SandboxConfig) -> SandboxApp:
    """Everything but the server. In-process, without lifespan, tasks run with the next request."""
    sandbox = Sandbox(config)
    pages = Litestar(
        route_handlers=[page.router for page in _PAGES],
        lifespan=[_lifespan],
        state=State({"sandbox": sandbox}),
        openapi_config=None,
        logging_config=None,
        after_exception=[_log_bug],
    )
    return SandboxApp(sandbox, pages)


async def _log_bug(error: Exception, scope: object) -> None:
    if getattr(error, "status_code", 500) >= 500:
        logger.error("a page failed", exc_info=error)


@asynccontextmanager
async def _lifespan(app: Litestar) -> AsyncIterator[None]:
    sandbox: Sandbox = app.state.sandbox
    ticking = asyncio.create_task(sandbox.scheduler.keep_running())
    sandbox.queue.wake()
    yield
    ticking.cancel()
    with suppress(asyncio.CancelledError):
        await ticking
    await sandbox.close()
