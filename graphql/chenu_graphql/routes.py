"""GraphQL over HTTP: POST /graphql, server-sent events for subscriptions, and the explorer."""

from functools import cache
from typing import Any

from graphql import OperationType
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import HTTPException
from litestar.response import Redirect, Stream
from litestar.types import ControllerRouterHandler

from chenu.accounts.live_connections import Transport
from chenu.accounts.request_context import ONLY_READ, STATE_KEY, RequestContext
from chenu.core.errors import BadInput, BrokenRequest, ChenuError, RateLimited
from chenu.core.negotiation import asks_for_html
from chenu.flows.services import Services
from chenu_graphql.answers import GraphQLRequest
from chenu_graphql.context import Context
from chenu_graphql.engine import Engine
from chenu_graphql.explorer import EXPLORER_PATH, show_explorer
from chenu_graphql.media_types import Accepted, MediaType, read_accept
from chenu_graphql.messages import fail_internally, read_request
from chenu_graphql.metering import charge
from chenu_graphql.replies import VARY, answer_request, fail, refuse
from chenu_graphql.schema import get_schema
from chenu_graphql.schema_file import send_schema
from chenu_graphql.sockets import make_socket_route
from chenu_graphql.stored import show_stored
from chenu_graphql.streams import EVENTS, stream_events

PATH = "/graphql"

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
        return fail(request_context.refusal, ctx, accepted.plain).to_response()
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
        return fail(refusal, ctx, medium).to_response()
    return fail(error, ctx, medium, status).to_response()


async def _answer(
    request: HttpRequest, graphql_request: GraphQLRequest, accepted: Accepted, ctx: Context
) -> Response[Any]:
    if (
        accepted.takes_events
        and get_engine().find_kind(graphql_request) is OperationType.SUBSCRIPTION
    ):
        request.scope["state"][ONLY_READ] = True
        return await _respond_as_stream(graphql_request, ctx, accepted.plain)
    medium = accepted.best or accepted.plain
    state = request.scope["state"]
    return (await answer_request(get_engine(), graphql_request, ctx, medium, state)).to_response()


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
    answer = fail(message, ctx, _read_accept(request).plain, 405).to_response()
    answer.headers["allow"] = "POST"
    return answer


def answer_failure(request: HttpRequest, error: Exception, services: Services) -> Response[Any]:
    """An error outside the resolvers, as a GraphQL response."""
    ctx = Context(services, request.scope["state"].get(STATE_KEY, RequestContext()))
    medium = _read_accept(request).plain
    if isinstance(error, ChenuError):
        return fail(error, ctx, medium).to_response()
    if isinstance(error, HTTPException) and error.status_code < 500:
        message = BadInput("Send the operation by POST, as JSON")
        answer = fail(message, ctx, medium, error.status_code).to_response()
        answer.headers |= error.headers or {}
        return answer
    return refuse(fail_internally(error, ctx), ctx, medium).to_response()


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


async def _respond_as_stream(
    graphql_request: GraphQLRequest, ctx: Context, medium: MediaType
) -> Response[Any]:
    """Refused for a caller with too many live connections, or without calls."""
    services = ctx.services
    try:
        await get_engine().charge(graphql_request, ctx)
        slot = services.connections.take(
            Transport.STREAM, ctx.request_context, services.settings.limits
        )
    except RateLimited as error:
        return fail(error, ctx, medium).to_response()
    events = stream_events(get_engine(), graphql_request, ctx, slot)
    headers = {**EVENTS.headers, **VARY, **ctx.charge.headers}
    return Stream(events, headers=headers, status_code=200)
