"""Routes that few processes are ever asked for: they are made when somebody first asks.

What only they need is not imported at start: the models of SCIM alone take a tenth of it.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from litestar import Litestar, Router
from litestar.types import Receive, Send

from chenu.http.paths import Subtrees


class LateRoutes:
    """Wraps the application; `make` gives the routes at and below `root`.

    It runs in a thread, so that others are served meanwhile. `on_made` is called once they are
    there. What fails is tried again for the next request.
    """

    def __init__(
        self,
        app: Litestar,
        root: str,
        make: Callable[[], Router],
        on_made: Callable[[], None] = lambda: None,
    ) -> None:
        self._app = app
        self._paths = Subtrees(root)
        self._make = make
        self._on_made = on_made
        self._is_made = False
        self._one_at_a_time = asyncio.Lock()

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        if not self._is_made and scope["path"] in self._paths:
            await self.make()
        await self._app(scope, receive, send)

    async def make(self) -> None:
        async with self._one_at_a_time:
            if self._is_made:
                return
            self._app.register(await asyncio.to_thread(self._make))
            self._on_made()
            self._is_made = True
