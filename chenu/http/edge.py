"""The outermost middleware: request id, clock, who is asking, security headers, one log line.

Pure ASGI. What it finds out is one Visit in the scope's state.
"""

import secrets
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from functools import partial
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import urlsplit

import structlog
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from chenu.accounts.actor import ANONYMOUS, Actor
from chenu.accounts.bearer import get_bearer_actor, read_account
from chenu.accounts.sessions import find_actor
from chenu.accounts.visit import (
    LANGUAGE_COOKIE,
    STATE_KEY,
    Visit,
    device_cookie_name,
    session_cookie_name,
)
from chenu.core import tracing
from chenu.core.business_clock import follow_clock
from chenu.core.errors import ChenuError, Forbidden
from chenu.core.i18n import Locale, best_locale, is_locale
from chenu.http.metrics import observe_request
from chenu.http.security_headers import security_headers
from chenu.settings import Settings

log = structlog.get_logger("chenu.request")

QUIET = ("/static/", "/healthz", "/metrics")
"""Paths that need neither the database nor to know who asks."""


class Edge:
    """Wraps the whole application."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings
        self._headers = security_headers(settings)
        public = urlsplit(settings.public_url)
        self._origin = f"{public.scheme}://{public.netloc}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        request_id = secrets.token_hex(8)
        status = [0]
        headers = _headers(scope)
        # The server runs each request in a task of its own, with which this ends.
        structlog.contextvars.bind_contextvars(request_id=request_id)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                status[0] = message["status"]
                extra = self._headers.for_path(scope["path"])
                known = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [
                    *message["headers"],
                    (b"x-request-id", request_id.encode()),
                    *((name, value) for name, value in extra if name not in known),
                ]
            await send(message)

        with _open_span(scope) as note:
            visit = await self._identify(scope, headers, request_id)
            scope.setdefault("state", {})[STATE_KEY] = visit
            await self._app(scope, receive, send_with_headers)
            if status[0] and not scope["path"].startswith(QUIET):
                _report(scope, status[0], time.perf_counter() - started)
                _describe(note, scope, status[0])

    async def _identify(self, scope: Scope, headers: Mapping[str, str], request_id: str) -> Visit:
        """Who asks, in which language. A refusal is kept for the routes: pages word it."""
        address = self._address(scope, headers)
        if scope["path"].startswith(QUIET):
            return Visit(request_id=request_id, address=address)
        cookies = _cookies(headers)
        actor, refusal = ANONYMOUS, None
        find_actor = partial(self._find_actor, headers, cookies, address)
        try:
            await follow_clock(self._settings)
            actor = await find_actor() or actor
        except ChenuError as error:
            refusal = error
        return Visit(
            actor=actor,
            locale=_locale(headers, cookies, actor),
            request_id=request_id,
            address=address,
            user_agent=headers.get("user-agent", ""),
            session_token=cookies.get(session_cookie_name(self._settings), ""),
            devices=cookies.get(device_cookie_name(self._settings), ""),
            origin_ok=self._is_own_origin(headers),
            refusal=refusal,
            find_actor=find_actor,
        )

    async def _find_actor(
        self, headers: Mapping[str, str], cookies: Mapping[str, str], address: str
    ) -> Actor | None:
        account_id = read_account(headers.get("chenu-account"))
        if bearer := headers.get("authorization", ""):
            pepper = self._settings.secret
            return await get_bearer_actor(bearer, account_id, pepper=pepper, address=address)
        token = cookies.get(session_cookie_name(self._settings))
        if not token:
            return None
        actor = await find_actor(token, address, account_id)
        if actor is None and account_id is not None and await find_actor(token, address):
            raise Forbidden("You are not a member of this account")
        return actor

    def _is_own_origin(self, headers: Mapping[str, str]) -> bool:
        """Browsers say where a write comes from; programs say nothing and carry no cookies."""
        if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return False
        return headers.get("origin", self._origin) == self._origin

    def _address(self, scope: Scope, headers: Mapping[str, str]) -> str:
        """The caller's address; X-Forwarded-For counts only from proxies that we trust."""
        client = scope.get("client")
        peer = client[0] if client else ""
        if peer not in self._settings.trusted_proxies:
            return peer
        hops = [hop.strip() for hop in headers.get("x-forwarded-for", "").split(",") if hop.strip()]
        untrusted = [hop for hop in hops if hop not in self._settings.trusted_proxies]
        return (untrusted or [peer])[-1]


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


def _cookies(headers: Mapping[str, str]) -> dict[str, str]:
    if "cookie" not in headers:
        return {}
    try:
        jar: SimpleCookie = SimpleCookie(headers["cookie"])
    except CookieError:
        return {}
    return {name: morsel.value for name, morsel in jar.items()}


def _locale(headers: Mapping[str, str], cookies: Mapping[str, str], actor: Actor) -> Locale:
    """A person's own choice, then this browser's, then what it asks for."""
    if actor.session_id is not None:
        return actor.locale
    chosen = cookies.get(LANGUAGE_COOKIE, "")
    if is_locale(chosen):
        return chosen
    wanted = headers.get("accept-language", "")
    if not wanted:
        return actor.locale
    return best_locale([part.partition(";")[0].strip() for part in wanted.split(",")])


def _open_span(scope: Any) -> AbstractContextManager[tracing.Note]:
    """A socket lasts, so that its operations have spans of their own."""
    if scope["type"] == "http" and not scope["path"].startswith(QUIET):
        return tracing.span(scope["method"], tracing.Kind.SERVER)
    return tracing.UNRECORDED


def _describe(note: tracing.Note, scope: Any, status: int) -> None:
    """By its route: paths have names of people's things in them, and are without number."""
    method, route = scope["method"], scope.get("path_template", "")
    note.name = f"{method} {route}".rstrip()
    note.attributes |= {"http.request.method": method, "http.response.status_code": status}
    note.attributes |= {"http.route": route} if route else {}
    note.error = str(status) if status >= 500 else ""


def _report(scope: Any, status: int, seconds: float) -> None:
    method = scope["method"]
    observe_request(method, scope.get("path_template", ""), status, seconds)
    ms = round(seconds * 1000, 1)
    log.info("request", method=method, path=scope["path"], status=status, ms=ms)
