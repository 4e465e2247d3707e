"""GraphQL over HTTP: POST /graphql, server-sent events for subscriptions, and the explorer."""

from functools import cache
from typing import Any

from graphql import OperationType
from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.exceptions import HTTPException
from litestar.response import Redirect, Stream
from litestar.types import ControllerRouterHandler

from chenu.accounts.live_connections import Transport
from chenu.accounts.replica_reads import writers_of
from chenu.accounts.request_context import (
    AS_OF,
    FOR_EVERYBODY,
    ONLY_READ,
    STATE_KEY,
    WRITERS,
    RequestContext,
    device_cookie,
)
from chenu.core import db
from chenu.core.errors import BadInput, BrokenRequest, ChenuError, RateLimited
from chenu.core.negotiation import asks_for_html
from chenu.flows.services import Services
from chenu.metering.charges import SHARED_ANSWER, share_answer
from chenu_graphql.answers import Answer, GraphQLRequest
from chenu_graphql.context import Context
from chenu_graphql.engine import Engine
from chenu_graphql.errors import to_graphql, with_code
from chenu_graphql.explorer import EXPLORER_PATH, show_explorer
from chenu_graphql.media_types import Accepted, MediaType, read_accept
from chenu_graphql.messages import fail_internally, read_request, write_answer
from chenu_graphql.metering import charge
from chenu_graphql.schema import get_schema
from chenu_graphql.schema_file import send_schema
from chenu_graphql.sockets import make_socket_route
from chenu_graphql.stored import show_stored
from chenu_graphql.streams import EVENTS, stream_events, write_event

PATH = "/graphql"

_STATUS = {
    "UNAUTHENTICATED": 401,
    "PLAN_REQUIRED": 402,
    "FORBIDDEN": 403,
    "RATE_LIMITED": 429,
    "QUOTA_EXCEEDED": 429,
    "INTERNAL": 500,
    "UNAVAILABLE": 503,
}
"""Statuses of requests that were never executed; 400 for all other codes."""
_EMPTY_STATUS = {"RATE_LIMITED": 429, "QUOTA_EXCEEDED": 429, "UNAVAILABLE": 503}
"""Statuses of application/json answers with nothing but this error; all others are 200."""
_RETRY_SECONDS = 5

_VARY = {"vary": "Accept"}

HttpRequest = Request[Any, Any, Any]


@cache
def get_engine() -> Engine:
    """One for the process, so that its cache of documents is shared."""
    return Engine(get_schema())


def create_graphql_routes(services: Services) -> list[ControllerRouterHandler]:
    """Everything below /graphql, and the file of the schema, which is built here and not by the
    first request.
    """
    socket = make_socket_route(get_engine(), services, PATH)
    return [serve, refuse_get, show_explorer, show_stored, send_schema, socket]


@post(PATH, status_code=200, include_in_schema=False)
async def serve(request: HttpRequest, services: NamedDependency[Services]) -> Response[Any]:
    """One operation: answers JSON, or an event stream if the client accepts that."""
    request_context: RequestContext = request.scope["state"][
        STATE_KEY
    ]  # a second dependency would cost a task group
    ctx = Context(services, request_context, csrf_header=request.headers.get("x-csrf-token", ""))
    accepted = _read_accept(request)
    if request_context.refusal is not None:
        return _fail(request_context.refusal, ctx, accepted.plain)
    if accepted.best is None:
        kinds = ", ".join(MediaType)
        error = BadInput("Accept one of {kinds}", kinds=kinds)
        return await _fail_charged(error, ctx, accepted.plain, 406)
    try:
        graphql_request = await _read(request, ctx)
    except BrokenRequest as error:
        return await _fail_charged(error, ctx, accepted.plain)
    except HTTPException as error:
        message = BadInput("The body could not be read")
        return await _fail_charged(message, ctx, accepted.plain, error.status_code)
    return await _answer(request, graphql_request, accepted, ctx)


async def _fail_charged(
    error: ChenuError, ctx: Context, medium: MediaType, status: int | None = None
) -> Response[Any]:
    """What cannot be read takes a call as well."""
    try:
        await charge(ctx, 1)
    except RateLimited as refusal:
        return _fail(refusal, ctx, medium)
    return _fail(error, ctx, medium, status)


async def _answer(
    request: HttpRequest, graphql_request: GraphQLRequest, accepted: Accepted, ctx: Context
) -> Response[Any]:
    if (
        accepted.takes_events
        and get_engine().find_kind(graphql_request) is OperationType.SUBSCRIPTION
    ):
        return await _respond_as_stream(request, graphql_request, ctx, accepted.plain)
    answer, body = write_answer(await get_engine().run(graphql_request, ctx), ctx)
    if db.REPLICA is not None:
        _record_reads(request, answer, ctx)
    if _is_for_everybody(answer, ctx):
        shared = share_answer(body, answer.charge.calls)
        request.scope["state"].update({FOR_EVERYBODY: True, SHARED_ANSWER: shared})
    await answer.record_reading(ctx)
    return _respond(answer, body, ctx, accepted.best or accepted.plain)


def _record_reads(request: HttpRequest, answer: Answer, ctx: Context) -> None:
    """For the edge, who has written and reads the primary from now on; for its cache, how old the
    answer is.
    """
    state = request.scope["state"]
    if answer.is_query or not answer.is_begun:
        state.update({ONLY_READ: True, AS_OF: ctx.as_of})
    else:
        state[WRITERS] = {*writers_of(state[STATE_KEY].actor), *writers_of(ctx.actor)}


@get(PATH, include_in_schema=False)
async def refuse_get(
    request: HttpRequest,
    services: NamedDependency[Services],
    request_context: NamedDependency[RequestContext],
) -> Response[Any]:
    """Browsers are redirected to the explorer; queries over GET are off."""
    if asks_for_html(", ".join(request.headers.getall("accept", []))):
        return Redirect(EXPLORER_PATH, status_code=303, headers={"vary": "Accept"})
    ctx = Context(services, request_context)
    message = BadInput("Send the operation by POST, as JSON")
    answer = _fail(message, ctx, _read_accept(request).plain, 405)
    answer.headers["allow"] = "POST"
    return answer


def answer_failure(request: HttpRequest, error: Exception, services: Services) -> Response[Any]:
    """An error outside the resolvers, as a GraphQL response."""
    ctx = Context(services, request.scope["state"].get(STATE_KEY, RequestContext()))
    medium = _read_accept(request).plain
    if isinstance(error, ChenuError):
        return _fail(error, ctx, medium)
    if isinstance(error, HTTPException) and error.status_code < 500:
        message = BadInput("Send the operation by POST, as JSON")
        answer = _fail(message, ctx, medium, error.status_code)
        answer.headers |= error.headers or {}
        return answer
    return _refuse(fail_internally(error, ctx), ctx, medium)


def _read_accept(request: HttpRequest) -> Accepted:
    return read_accept(", ".join(request.headers.getall("accept", [])))


async def _read(request: HttpRequest, ctx: Context) -> GraphQLRequest:
    content_type = request.headers.get("content-type", "")
    if content_type != MediaType.JSON:
        _check_content_type(content_type)
    return read_request(await request.body(), ctx.actor)


def _check_content_type(content_type: str) -> None:
    """Raises BadInput."""
    kind, *params = (part.strip().lower() for part in content_type.split(";"))
    if kind != MediaType.JSON:
        raise BadInput("Send the operation as application/json")
    for param in params:
        name, _, value = param.partition("=")
        if name.strip() == "charset" and value.strip(" '\"") not in ("utf-8", "utf8"):
            raise BadInput("Send the operation in UTF-8")


def _is_for_everybody(answer: Answer, ctx: Context) -> bool:
    """Errors contain the request's id, and cookies belong to one caller."""
    return answer.is_query and not answer.errors and not ctx.cookies


def _fail(
    error: ChenuError, ctx: Context, medium: MediaType, status: int | None = None
) -> Response[Any]:
    """Refuses a request before its operation is read."""
    answer = Answer(None, [with_code(to_graphql(error), ctx)], charge=ctx.charge)
    return _refuse(answer, ctx, medium, status)


def _refuse(
    answer: Answer, ctx: Context, medium: MediaType, status: int | None = None
) -> Response[Any]:
    answer, body = write_answer(answer, ctx)
    return _respond(answer, body, ctx, medium, status or _STATUS.get(answer.codes[0], 400))


def _respond(
    answer: Answer, body: bytes, ctx: Context, medium: MediaType, status: int | None = None
) -> Response[Any]:
    headers = _headers(answer, ctx)
    if medium is MediaType.EVENTS:  # a single answer in the media type that the client accepts
        body = f"{write_event(body)}{EVENTS.encode_complete()}".encode()
        headers |= EVENTS.headers
    return Response(
        body,
        status_code=status or _status(answer, medium),
        media_type=medium.content_type,
        headers=headers,
        cookies=_cookies(ctx),
    )


def _status(answer: Answer, medium: MediaType) -> int:
    """Older clients read an answer only if its status is 200."""
    if not answer.is_begun and (medium is MediaType.GRAPHQL or "INTERNAL" in answer.codes):
        return _STATUS.get(answer.codes[0], 400)
    if medium is MediaType.GRAPHQL:
        return 200
    is_empty = all(value is None for value in (answer.data or {}).values())
    known = [_EMPTY_STATUS[code] for code in answer.codes if code in _EMPTY_STATUS]
    return known[0] if is_empty and known else 200


def _cookies(ctx: Context) -> list[Cookie]:
    if ctx.devices is None:
        return []
    return [Cookie(**device_cookie(ctx.services.settings, ctx.devices))]


def _headers(answer: Answer, ctx: Context) -> dict[str, str]:
    headers = {"cache-control": "no-store", **_VARY, **ctx.charge.headers}
    if ctx.cookies:
        headers["set-cookie"] = ctx.cookies[-1]  # a document signs in or out at most once
    waits = [(error.extensions or {}).get("retryAfter") for error in answer.errors]
    wait = next((seconds for seconds in waits if seconds), None)
    if wait is None and "UNAVAILABLE" in answer.codes:
        wait = _RETRY_SECONDS
    if wait is not None:
        headers["retry-after"] = str(wait)
    return headers


async def _respond_as_stream(
    request: HttpRequest, graphql_request: GraphQLRequest, ctx: Context, medium: MediaType
) -> Response[Any]:
    """Refused for a caller with too many live connections, or without calls."""
    services = ctx.services
    request.scope["state"][ONLY_READ] = True
    try:
        await get_engine().charge(graphql_request, ctx)
        slot = services.connections.take(
            Transport.STREAM, ctx.request_context, services.settings.limits
        )
    except RateLimited as error:
        return _fail(error, ctx, medium)
    events = stream_events(get_engine(), graphql_request, ctx, slot)
    headers = {**EVENTS.headers, **_VARY, **ctx.charge.headers}
    return Stream(events, headers=headers, status_code=200)
