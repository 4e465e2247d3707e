"""The short way to POST /graphql: queries that are compiled are answered before the framework.

Everything else is handed on as it came: whatever is unusual in a request, what has to be refused,
and every query that is not compiled yet. decisions/0094.
"""

from collections.abc import Mapping
from typing import Any

from litestar.exceptions import HTTPException
from litestar.types import ASGIApp, Receive, Send

from chenu.accounts.request_context import STATE_KEY, RequestContext
from chenu.core.body_ahead import BODY, raising, read_ahead
from chenu.core.errors import ChenuError
from chenu.flows.services import Services
from chenu_graphql.answers import GraphQLRequest
from chenu_graphql.context import Context
from chenu_graphql.engine import Engine
from chenu_graphql.media_types import MediaType, read_accept
from chenu_graphql.messages import fail_internally, read_request
from chenu_graphql.replies import Reply, answer_request, refuse

PATH = "/graphql"

_MAX_BYTES = 100_000
"""Of a body; documents have limits below it, variables need not."""
_JSON = b"application/json"


class CompiledRoute:
    """Wraps the application, inside whatever identifies callers and caches answers."""

    def __init__(self, app: ASGIApp, engine: Engine, services: Services) -> None:
        self._app = app
        self._engine = engine
        self._services = services

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        if scope["path"] != PATH or scope.get("method") != "POST":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        medium = self._find_medium(scope, headers)
        if medium is None:
            await self._app(scope, receive, send)
            return
        body = scope["state"].get(BODY)
        if body is None:
            try:
                body, receive = await read_ahead(receive)
            except HTTPException as error:
                await self._app(scope, raising(error), send)
                return
        request_context: RequestContext = scope["state"][STATE_KEY]
        request = self._find_request(body, request_context)
        if request is None:
            await self._app(scope, receive, send)
            return
        scope["path_template"] = PATH  # as the router sets it, for the edge's metrics
        csrf_header = headers.get(b"x-csrf-token", b"").decode("latin-1")
        ctx = Context(self._services, request_context, csrf_header=csrf_header, is_quick=True)
        await _send(await self._answer(request, ctx, medium, scope["state"]), send)

    def _find_medium(self, scope: Any, headers: Mapping[bytes, bytes]) -> MediaType | None:
        """None for a request that is not as plain as most, and for one that is refused."""
        request_context: RequestContext = scope["state"][STATE_KEY]
        size = headers.get(b"content-length", b"")
        is_plain = (
            headers.get(b"content-type") == _JSON
            and size.isdigit()
            and len(size) <= len(str(_MAX_BYTES))
            and int(size) <= _MAX_BYTES
            and len(headers) == len(scope["headers"])  # none came in several lines
            and request_context.refusal is None
        )
        if not is_plain:
            return None
        accepted = read_accept(headers.get(b"accept", b"").decode("latin-1"))
        return None if accepted.takes_events else accepted.best

    def _find_request(self, body: bytes, request_context: RequestContext) -> GraphQLRequest | None:
        """None unless its query is compiled; an error is found and worded again by the route."""
        try:
            request = read_request(body, request_context.actor)
        except ChenuError:
            return None
        return request if self._engine.is_compiled(request) else None

    async def _answer(
        self, request: GraphQLRequest, ctx: Context, medium: MediaType, state: dict[str, Any]
    ) -> Reply:
        try:
            return await answer_request(self._engine, request, ctx, medium, state)
        except Exception as error:
            return refuse(fail_internally(error, ctx), ctx, medium)


async def _send(reply: Reply, send: Send) -> None:
    headers = reply.list_headers()
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body, "more_body": False})
