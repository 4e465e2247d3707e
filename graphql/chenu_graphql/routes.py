"""GraphQL over HTTP: POST /graphql, server-sent events for subscriptions, and the explorer."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import cache
from typing import Any

from graphql import OperationType
from litestar import MediaType, Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.exceptions import HTTPException
from litestar.response import Redirect, Stream
from litestar.types import ControllerRouterHandler
from strawberry.http.streaming import SSETransport, merge_stream_with_heartbeat

from chenu.accounts.visit import FOR_EVERYBODY, STATE_KEY, Visit, device_cookie
from chenu.core.errors import BadInput, ChenuError
from chenu.core.negotiation import asks_for_html
from chenu.flows.services import Services
from chenu_graphql.context import Context
from chenu_graphql.engine import Answer, Engine, Wish
from chenu_graphql.errors import to_graphql, with_code
from chenu_graphql.explorer import EXPLORER_PATH, show_explorer
from chenu_graphql.messages import read_wish, write_json
from chenu_graphql.schema import get_schema
from chenu_graphql.sockets import make_socket_route

PATH = "/graphql"

_REFUSED_STATUS = {"UNAUTHENTICATED": 401, "FORBIDDEN": 403, "UNAVAILABLE": 503}
"""Of requests whose caller could not be identified."""
_EMPTY_STATUS = {"RATE_LIMITED": 429, "UNAVAILABLE": 503}
"""Of answers that carry nothing else; all others are 200, as GraphQL clients expect."""
_RETRY_SECONDS = 5

_SSE = SSETransport()

HttpRequest = Request[Any, Any, Any]


@cache
def get_engine() -> Engine:
    """Stateless but for what it remembers of documents."""
    return Engine(get_schema())


def create_graphql_routes(services: Services) -> list[ControllerRouterHandler]:
    """Everything below /graphql; the schema is built here, not by the first request."""
    return [serve, refuse_get, show_explorer, make_socket_route(get_engine(), services, PATH)]


@post(PATH, status_code=200, include_in_schema=False)
async def serve(request: HttpRequest, services: NamedDependency[Services]) -> Response[Any]:
    """One operation: JSON, or an event stream for who accepts that."""
    visit: Visit = request.scope["state"][STATE_KEY]  # a second dependency would cost a task group
    ctx = Context(services, visit, csrf_header=request.headers.get("x-csrf-token", ""))
    if visit.refusal is not None:
        return _fail(visit.refusal, ctx, _REFUSED_STATUS.get(visit.refusal.code, 400))
    try:
        wish = await _read(request)
    except BadInput as error:
        return _fail(error, ctx, 400)
    except HTTPException as error:
        return _fail(BadInput("The body could not be read"), ctx, error.status_code)
    if not _SSE.accepts(request.headers.get("accept", "")):
        answer = await get_engine().run(wish, ctx)
        request.scope["state"][FOR_EVERYBODY] = _is_for_everybody(answer, ctx)
        return _respond(answer, ctx)
    if get_engine().find_kind(wish) is OperationType.SUBSCRIPTION:
        return Stream(_stream(wish, ctx), headers=dict(_SSE.headers), status_code=200)
    return _respond_as_events(await get_engine().run(wish, ctx), ctx)


@get(PATH, include_in_schema=False)
async def refuse_get(
    request: HttpRequest, services: NamedDependency[Services], visit: NamedDependency[Visit]
) -> Response[Any]:
    """A browser is shown the explorer; queries over GET are off."""
    if asks_for_html(", ".join(request.headers.getall("accept", []))):
        return Redirect(EXPLORER_PATH, status_code=303, headers={"vary": "Accept"})
    ctx = Context(services, visit)
    answer = _fail(BadInput("Send the operation by POST, as JSON"), ctx, 405)
    answer.headers |= {"allow": "POST", "vary": "Accept"}
    return answer


async def _read(request: HttpRequest) -> Wish:
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != MediaType.JSON:
        raise BadInput("Send the operation as application/json")
    return read_wish(await request.body())


def _is_for_everybody(answer: Answer, ctx: Context) -> bool:
    """Errors carry the request's id, and cookies are for one."""
    return answer.is_query and not answer.errors and not ctx.cookies


def _fail(error: ChenuError, ctx: Context, status: int) -> Response[bytes]:
    answer = Answer(None, [with_code(to_graphql(error), ctx)])
    return _respond(answer, ctx, status)


def _respond(answer: Answer, ctx: Context, status: int | None = None) -> Response[bytes]:
    return Response(
        write_json(answer.to_dict()),
        status_code=status or _status(answer),
        media_type=MediaType.JSON,
        headers=_headers(answer, ctx),
        cookies=_cookies(ctx),
    )


def _status(answer: Answer) -> int:
    is_empty = all(value is None for value in (answer.data or {}).values())
    known = [_EMPTY_STATUS[code] for code in answer.codes if code in _EMPTY_STATUS]
    return known[0] if is_empty and known else 200


def _cookies(ctx: Context) -> list[Cookie]:
    if ctx.devices is None:
        return []
    return [Cookie(**device_cookie(ctx.services.settings, ctx.devices))]


def _headers(answer: Answer, ctx: Context) -> dict[str, str]:
    headers = {"cache-control": "no-store"}
    if ctx.cookies:
        headers["set-cookie"] = ctx.cookies[-1]  # a document signs in or out at most once
    waits = [(error.extensions or {}).get("retryAfter") for error in answer.errors]
    wait = next((seconds for seconds in waits if seconds), None)
    if wait is None and "UNAVAILABLE" in answer.codes:
        wait = _RETRY_SECONDS
    if wait is not None:
        headers["retry-after"] = str(wait)
    return headers


def _encode(value: object) -> str:
    return write_json(value).decode()


def _respond_as_events(answer: Answer, ctx: Context) -> Response[str]:
    """A single answer for a client that speaks server-sent events throughout."""
    body = _SSE.encode_next(answer.to_dict(), _encode) + _SSE.encode_complete()  # type: ignore[arg-type]
    headers = {**_headers(answer, ctx), **_SSE.headers}
    cookies = _cookies(ctx)
    return Response(body, status_code=_status(answer), headers=headers, cookies=cookies)


async def _is_still_known(visit: Visit) -> bool:
    """A stream lasts: meanwhile the session may have ended, or the key may be revoked."""
    try:
        await visit.renewed()
    except ChenuError:
        return False
    return True


def _stream(wish: Wish, ctx: Context) -> AsyncGenerator[str, None]:
    async def events() -> AsyncGenerator[str, None]:
        async with aclosing(get_engine().watch(wish, ctx)) as answers:
            async for answer in answers:
                if not await _is_still_known(ctx.visit):
                    break
                yield _SSE.encode_next(answer.to_dict(), _encode)  # type: ignore[arg-type]
        yield _SSE.encode_complete()

    return merge_stream_with_heartbeat(
        events,
        lambda: _SSE.heartbeat_message(_encode),
        interval=_SSE.heartbeat_interval,
        send_initial_heartbeat=_SSE.send_initial_heartbeat,
    )()
