"""A cache of whole responses for anonymous callers, for a second at most.

It stands between the edge and the application, so that every response still has its own request id,
headers and log line. Requests with a cookie or a key bypass it. Routes declare which of their
responses are the same for everybody; the cache key is the site, the language, everything that was
sent and, where programs choose among formats, what they accept. Responses that take calls
(/graphql) take them of whoever is answered from the cache as well, and say how many are left. The
second counts from the moment that a replica's answer is of.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from litestar.exceptions import HTTPException
from litestar.types import ASGIApp, Receive, Send

from chenu.accounts.actor import ActorKind
from chenu.accounts.request_context import (
    AS_OF,
    FOLLOWED_LINK,
    FOR_EVERYBODY,
    STATE_KEY,
    RequestContext,
)
from chenu.core.body_ahead import BODY, raising, read_ahead
from chenu.core.caches import TtlCache
from chenu.core.site import Site, current_site
from chenu.metering.charges import HEADERS, SHARED_ANSWER, SharedAnswer
from chenu.metering.meter import Meter

Place = tuple[str, str]
"""A method and a path."""
Key = tuple[Site | None, str, Place, bytes, bytes]
"""Site, language, place, the query string or the body, and what a POST accepts."""

_CAPACITY_BYTES = 32_000_000
_MAX_BODY_BYTES = 20_000
_MAX_QUERY_BYTES = 1_000
_MAX_ACCEPT_BYTES = 200
_PRIVATE = {b"cookie", b"authorization", b"x-csrf-token", b"chenu-account"}
_EVENTS = b"text/event-stream"
_PARTIAL = {b"hx-request", b"hx-request-type", b"range"}


_OF_ONE_CALLER = {b"content-length", *(name.encode() for name in HEADERS)}

_Headers = list[tuple[bytes, bytes]]


class _Answer(msgspec.Struct, frozen=True):
    """`shared` is its body where each caller is told of the calls that are left."""

    status: int
    headers: _Headers
    body: bytes
    shared: SharedAnswer | None = None


class AnswerCache:
    """Wraps the application. `max_age` is in seconds; 0 turns the cache off."""

    def __init__(
        self, app: ASGIApp, places: frozenset[Place], max_age: float, meter: Meter
    ) -> None:
        self._app = app
        self._meter = meter
        self._places = places if max_age else frozenset[Place]()
        self._cache: TtlCache[Key, _Answer] = TtlCache(max_age, _CAPACITY_BYTES)

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        place = (scope.get("method", ""), scope["path"])
        is_followed = FOLLOWED_LINK in scope["state"]
        if place not in self._places or is_followed or not _is_anonymous(scope):
            await self._app(scope, receive, send)
            return
        sent: bytes = scope["query_string"]
        accept = b""
        if place[0] == "POST":
            accept = dict(scope["headers"]).get(b"accept", b"")
            try:
                sent, receive = await read_ahead(receive)
                scope["state"][BODY] = sent
            except HTTPException as error:  # the application words the error
                await self._app(scope, raising(error), send)
                return
        request_context: RequestContext = scope["state"][STATE_KEY]
        key = (current_site(), request_context.locale, place, sent, accept)
        known = self._cache.find(key)
        if known is not None and known.shared is not None:
            known = await self._charge(known, known.shared, request_context)
        if known is None:
            await self._answer_anew(key, scope, receive, send)
            return
        scope["path_template"] = scope["path"]  # as the router sets it, for the edge's metrics
        await _send(known, send)

    async def _charge(
        self, known: _Answer, shared: SharedAnswer, request_context: RequestContext
    ) -> _Answer | None:
        """The answer as this caller gets it; None if it has no calls left, which the application
        words.
        """
        charge = await self._meter.take(request_context, shared.calls, in_lots=True)
        if charge.is_refused:
            return None
        body = shared.write(charge)
        own = {"content-length": str(len(body)), **charge.headers}
        headers = [(name.encode(), value.encode()) for name, value in own.items()]
        return _Answer(known.status, [*known.headers, *headers], body)

    async def _answer_anew(self, key: Key, scope: Any, receive: Receive, send: Send) -> None:
        since = self._cache.now()
        sent: list[dict[str, Any]] = []

        async def record(message: Any) -> None:
            sent.append(dict(message))
            await send(message)

        await self._app(scope, receive, record)
        if scope["state"].get(FOR_EVERYBODY):
            start, *parts = sent
            body = b"".join(part["body"] for part in parts)
            shared = scope["state"].get(SHARED_ANSWER)
            headers = _for_everybody(start["headers"]) if shared else list(start["headers"])
            answer = _Answer(start["status"], headers, body, shared)
            since = min(since, scope["state"].get(AS_OF, since))
            self._cache.keep(key, answer, since, weight=len(body) + len(key[2]))


def _is_anonymous(scope: Any) -> bool:
    """An anonymous request for a whole response, with no header that changes the response
    otherwise.
    """
    request_context: RequestContext = scope["state"][STATE_KEY]
    if request_context.refusal is not None or request_context.actor.kind is not ActorKind.ANONYMOUS:
        return False
    headers = dict(scope["headers"])
    if len(headers) < len(scope["headers"]):  # a header sent in several lines is rare and ambiguous
        return False
    if not (_PRIVATE.isdisjoint(headers) and _PARTIAL.isdisjoint(headers)):
        return False
    if scope["method"] == "GET":
        return len(scope["query_string"]) <= _MAX_QUERY_BYTES
    return not scope["query_string"] and _is_small_json(headers)


def _is_small_json(headers: Mapping[bytes, bytes]) -> bool:
    size = headers.get(b"content-length", b"")
    return (
        size.isdigit()
        and len(size) <= len(str(_MAX_BODY_BYTES))
        and int(size) <= _MAX_BODY_BYTES
        and headers.get(b"content-type", b"").lower() == b"application/json"
        and _is_plain_accept(headers.get(b"accept", b""))
    )


def _is_plain_accept(accept: bytes) -> bool:
    return len(accept) <= _MAX_ACCEPT_BYTES and _EVENTS not in accept.lower()


def _for_everybody(headers: _Headers) -> _Headers:
    return [pair for pair in headers if pair[0].lower() not in _OF_ONE_CALLER]


async def _send(answer: _Answer, send: Send) -> None:
    headers = list(answer.headers)
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body, "more_body": False})
