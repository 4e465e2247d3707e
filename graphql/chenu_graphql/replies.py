"""What is sent back for one operation: status, headers and body, for any way to send them."""

from typing import Any

import msgspec
from litestar import Response
from litestar.datastructures import Cookie

from chenu.accounts.replica_reads import writers_of
from chenu.accounts.request_context import (
    AS_OF,
    FOR_EVERYBODY,
    ONLY_READ,
    STATE_KEY,
    WRITERS,
    device_cookie,
)
from chenu.core import db
from chenu.core.errors import ChenuError
from chenu.metering.charges import SHARED_ANSWER, share_answer
from chenu_graphql.answers import Answer, GraphQLRequest
from chenu_graphql.context import Context
from chenu_graphql.engine import Engine
from chenu_graphql.errors import to_graphql, with_code
from chenu_graphql.media_types import MediaType
from chenu_graphql.messages import write_answer
from chenu_graphql.streams import EVENTS, write_event

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
VARY = {"vary": "Accept"}


class Reply(msgspec.Struct, frozen=True):
    """The whole answer over HTTP."""

    status: int
    content_type: str
    body: bytes
    headers: dict[str, str]
    cookies: tuple[Cookie, ...] = ()

    def to_response(self) -> Response[Any]:
        return Response(
            self.body,
            status_code=self.status,
            media_type=self.content_type,
            headers=self.headers,
            cookies=list(self.cookies),
        )

    def list_headers(self) -> list[tuple[bytes, bytes]]:
        """Those that such a response would send."""
        named = {
            **self.headers,
            "content-type": self.content_type,
            "content-length": str(len(self.body)),
        }
        sent = [(name.encode(), value.encode("latin-1")) for name, value in named.items()]
        return [*sent, *(cookie.to_encoded_header() for cookie in self.cookies)]


async def answer_request(
    engine: Engine,
    request: GraphQLRequest,
    ctx: Context,
    medium: MediaType,
    state: dict[str, Any],
) -> Reply:
    """Runs the operation. `state`: of the request's scope, where edge and answer cache look."""
    answer, body = write_answer(await engine.run(request, ctx), ctx)
    if db.REPLICA is not None:
        _record_reads(answer, ctx, state)
    if _is_for_everybody(answer, ctx):
        shared = share_answer(body, answer.charge.calls)
        state.update({FOR_EVERYBODY: True, SHARED_ANSWER: shared})
    await answer.record_reading(ctx)
    return _respond(answer, body, ctx, medium)


def _record_reads(answer: Answer, ctx: Context, state: dict[str, Any]) -> None:
    """For the edge, who has written and reads the primary from now on; for its cache, how old the
    answer is.
    """
    if answer.is_query or not answer.is_begun:
        state.update({ONLY_READ: True, AS_OF: ctx.as_of})
    else:
        state[WRITERS] = {*writers_of(state[STATE_KEY].actor), *writers_of(ctx.actor)}


def _is_for_everybody(answer: Answer, ctx: Context) -> bool:
    """Errors contain the request's id, and cookies belong to one caller."""
    return answer.is_query and not answer.errors and not ctx.cookies


def fail(error: ChenuError, ctx: Context, medium: MediaType, status: int | None = None) -> Reply:
    """Refuses a request before its operation is read."""
    answer = Answer(None, [with_code(to_graphql(error), ctx)], charge=ctx.charge)
    return refuse(answer, ctx, medium, status)


def refuse(answer: Answer, ctx: Context, medium: MediaType, status: int | None = None) -> Reply:
    answer, body = write_answer(answer, ctx)
    return _respond(answer, body, ctx, medium, status or _STATUS.get(answer.codes[0], 400))


def _respond(
    answer: Answer, body: bytes, ctx: Context, medium: MediaType, status: int | None = None
) -> Reply:
    headers = _headers(answer, ctx)
    if medium is MediaType.EVENTS:  # a single answer in the media type that the client accepts
        body = f"{write_event(body)}{EVENTS.encode_complete()}".encode()
        headers |= EVENTS.headers
    known = status or _status(answer, medium)
    return Reply(known, medium.content_type, body, headers, _cookies(ctx))


def _status(answer: Answer, medium: MediaType) -> int:
    """Older clients read an answer only if its status is 200."""
    if not answer.is_begun and (medium is MediaType.GRAPHQL or "INTERNAL" in answer.codes):
        return _STATUS.get(answer.codes[0], 400)
    if medium is MediaType.GRAPHQL:
        return 200
    is_empty = all(value is None for value in (answer.data or {}).values())
    known = [_EMPTY_STATUS[code] for code in answer.codes if code in _EMPTY_STATUS]
    return known[0] if is_empty and known else 200


def _cookies(ctx: Context) -> tuple[Cookie, ...]:
    if ctx.devices is None:
        return ()
    return (Cookie(**device_cookie(ctx.services.settings, ctx.devices)),)


def _headers(answer: Answer, ctx: Context) -> dict[str, str]:
    headers = {"cache-control": "no-store", **VARY, **ctx.charge.headers}
    if ctx.cookies:
        headers["set-cookie"] = ctx.cookies[-1]  # a document signs in or out at most once
    waits = [(error.extensions or {}).get("retryAfter") for error in answer.errors]
    wait = next((seconds for seconds in waits if seconds), None)
    if wait is None and "UNAVAILABLE" in answer.codes:
        wait = _RETRY_SECONDS
    if wait is not None:
        headers["retry-after"] = str(wait)
    return headers
