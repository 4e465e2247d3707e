"""The outermost middleware: request id, clock, identity, security headers, one log line per
request.

Pure ASGI. It stores a RequestContext in the scope's state.
"""

import secrets
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import structlog
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from chenu.accounts.actor import ANONYMOUS, Actor
from chenu.accounts.bearer import get_bearer_actor, is_for_us, read_account
from chenu.accounts.replica_reads import writers_of
from chenu.accounts.request_context import (
    LANGUAGE_COOKIE,
    ONLY_READ,
    STATE_KEY,
    WRITERS,
    RequestContext,
    device_cookie_name,
    impersonation_cookie_name,
    link_cookie_name,
    session_cookie_name,
)
from chenu.accounts.sessions import find_actor
from chenu.core import db, tracing
from chenu.core.business_clock import follow_clock
from chenu.core.errors import ChenuError, Forbidden, Unavailable
from chenu.core.i18n import Locale, best_locale, is_locale, known_locale
from chenu.core.pubsub import PubSub, publishing_wallets
from chenu.core.site import Site, current_site, showing, site_origin
from chenu.http.bodiless import answer_bodiless
from chenu.http.client_ip import TrustedProxies
from chenu.http.cookies import read_cookies
from chenu.http.hosts import ANY_HOST, Hosts, UnknownHost, refuse_host, require_on_site
from chenu.http.impersonation import find_viewed, require_viewing
from chenu.http.methods import allow_of, method_label
from chenu.http.metrics import observe_request
from chenu.http.paths import Subtrees
from chenu.http.security_headers import security_headers
from chenu.settings import Settings

log = structlog.get_logger("chenu.request")

QUIET = Subtrees("/static", "/healthz", "/metrics")
"""Paths that need neither the database nor the caller's identity."""
ALWAYS = Subtrees("/status", "/status.json")
"""Paths that are served while the database is away, to whoever asks as to a stranger."""
_NOT_ALLOWED = 405
_READING = frozenset({"GET", "HEAD", "OPTIONS", ""})
_REPEATED = {"cookie": "; "} | dict.fromkeys(
    ("accept-language", "if-none-match", "x-forwarded-for"), ", "
)
"""Headers that may be sent in several lines, with the separator that joins them."""


class Edge:
    """Wraps the whole application. `methods` are the methods of each route, by path template."""

    def __init__(
        self, app: ASGIApp, settings: Settings, methods: Mapping[str, str], pubsub: PubSub
    ) -> None:
        self._app = app
        self._pubsub = pubsub
        self._settings = settings
        self._methods = methods
        self._headers = security_headers(settings)
        self._proxies = TrustedProxies(settings.trusted_proxies)
        self._hosts = Hosts(settings, self._proxies)
        self._session_cookie = session_cookie_name(settings)
        self._device_cookie = device_cookie_name(settings)
        self._link_cookie = link_cookie_name(settings)
        self._view_cookie = impersonation_cookie_name(settings)
        public = urlsplit(settings.public_url)
        self._origin = f"{public.scheme}://{public.netloc}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        request_id, headers = secrets.token_hex(8), _headers(scope)
        try:
            site = await self._find_site(scope, headers)
        except (UnknownHost, Unavailable) as error:
            await refuse_host(scope, send, error, self._headers.for_path(""), request_id)
            return
        with showing(site):
            await self._serve(scope, receive, send, request_id, headers)

    async def _find_site(self, scope: Any, headers: Mapping[str, str]) -> Site | None:
        """Raises UnknownHost, Unavailable."""
        if scope["path"] in ANY_HOST:
            return None
        peer, *_ = scope.get("client") or ("",)
        return await self._hosts.find_site(peer or "", scope["headers"], headers)

    async def _serve(
        self,
        scope: Any,
        receive: Receive,
        send: Send,
        request_id: str,
        headers: Mapping[str, str],
    ) -> None:
        started = time.perf_counter()
        status = [0]
        method = str(scope.get("method", ""))
        is_quiet = scope["path"] in QUIET
        # The server runs each request in its own task, so that the bound values end with it.
        structlog.contextvars.bind_contextvars(request_id=request_id)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                status[0] = message["status"]
                if db.REPLICA is not None and method not in _READING:
                    await self._remember_write(scope, request_context.actor)
                message["headers"] = self._complete(scope, message, request_id)
            await send(message)

        with _open_span(scope, is_quiet=is_quiet) as note:
            request_context = await self._identify(scope, headers, request_id, is_quiet=is_quiet)
            scope.setdefault("state", {})[STATE_KEY] = request_context
            async with publishing_wallets(self._pubsub):
                if method == "HEAD" or (method == "GET" and "if-none-match" in headers):
                    known_tags = headers.get("if-none-match", "")
                    await answer_bodiless(self._app, scope, receive, send_with_headers, known_tags)
                else:
                    await self._app(scope, receive, send_with_headers)
            if status[0] and not is_quiet:
                _report(scope, status[0], time.perf_counter() - started)
                _describe(note, scope, status[0])

    def _complete(self, scope: Any, message: Any, request_id: str) -> list[tuple[bytes, bytes]]:
        """Adds the headers that every response has, and completes Allow."""
        own = message["headers"]
        if message["status"] == _NOT_ALLOWED or scope["method"] == "OPTIONS":
            own = [self._completed(scope, *pair) for pair in own]
        known = {name.lower() for name, _ in own}
        extra = self._headers.for_path(scope["path"])
        return [
            *own,
            (b"x-request-id", request_id.encode()),
            *((name, value) for name, value in extra if name not in known),
        ]

    def _completed(self, scope: Any, name: bytes, value: bytes) -> tuple[bytes, bytes]:
        """The router's Allow lists some invalid methods and not HEAD; a route's own Allow stays."""
        if name.lower() != b"allow":
            return name, value
        route = scope.get("path_template")
        if route is not None and scope["method"] != "OPTIONS":
            return name, value
        allow = self._methods.get(route or scope["path"])
        return name, (allow or allow_of(value.decode().split(", "))).encode()

    async def _remember_write(self, scope: Any, actor: Actor) -> None:
        """Before the answer, so that the caller's next request reads what this one has written."""
        if not scope["state"].get(ONLY_READ):
            writers = scope["state"].get(WRITERS, writers_of(actor))
            await self._pubsub.recent_writes.remember(writers)

    async def _identify(
        self, scope: Any, headers: Mapping[str, str], request_id: str, *, is_quiet: bool
    ) -> RequestContext:
        """The caller and the language.

        A failed identification is stored: the routes answer with it.
        """
        peer, *_ = scope.get("client") or ("",)
        ip = self._proxies.address_of(peer or "", headers.get("x-forwarded-for", ""))
        if is_quiet:
            return RequestContext(request_id=request_id, ip=ip)
        cookies = read_cookies(headers["cookie"]) if "cookie" in headers else {}
        actor, refusal = ANONYMOUS, None
        find_actor = partial(self._find_actor, headers, cookies, ip)
        try:
            await follow_clock(self._settings)
            actor = await find_actor() or actor
            require_viewing(actor, scope)
            require_on_site(scope["path"])
        except ChenuError as error:
            is_served = isinstance(error, Unavailable) and scope["path"] in ALWAYS
            refusal = None if is_served else error
        return RequestContext(
            actor=actor,
            locale=_locale(headers, cookies, actor),
            request_id=request_id,
            ip=ip,
            user_agent=headers.get("user-agent", "").replace("\x00", ""),
            session_token=cookies.get(self._session_cookie, ""),
            devices=cookies.get(self._device_cookie, ""),
            followed_link=cookies.get(self._link_cookie, ""),
            origin_ok=self._is_own_origin(headers),
            refusal=refusal,
            find_actor=find_actor,
            is_head=scope.get("method") == "HEAD",
        )

    async def _find_actor(
        self, headers: Mapping[str, str], cookies: Mapping[str, str], ip: str
    ) -> Actor | None:
        account_id = read_account(headers.get("chenu-account"))
        authorization = headers.get("authorization", "")
        if authorization and is_for_us(authorization):
            pepper = self._settings.secret
            return await get_bearer_actor(authorization, account_id, pepper=pepper, ip=ip)
        token = cookies.get(self._session_cookie)
        if not token:
            return None
        if self._view_cookie in cookies:
            viewed = await find_viewed(token, cookies[self._view_cookie], ip, account_id)
            if viewed is not None:
                return viewed
        actor = await find_actor(token, ip, account_id)
        if actor is None and account_id is not None and await find_actor(token, ip):
            raise Forbidden("You are not a member of this account")
        return actor

    def _is_own_origin(self, headers: Mapping[str, str]) -> bool:
        """Browsers name the origin of a write; programs do not, and send no cookies."""
        if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return False
        own = site_origin(self._origin)
        return headers.get("origin", own) == own


def _headers(scope: Any) -> dict[str, str]:
    sent: list[tuple[bytes, bytes]] = scope["headers"]
    found = {name.decode("latin-1"): value.decode("latin-1") for name, value in sent}
    if len(found) < len(sent):
        for name in found.keys() & _REPEATED.keys():
            lines = (value.decode("latin-1") for key, value in sent if key == name.encode())
            found[name] = _REPEATED[name].join(lines)
    return found


def _locale(headers: Mapping[str, str], cookies: Mapping[str, str], actor: Actor) -> Locale:
    """The person's own setting, else this browser's cookie, else the site's, else
    Accept-Language.
    """
    if actor.session_id is not None:
        return actor.locale
    chosen = cookies.get(LANGUAGE_COOKIE, "")
    if is_locale(chosen):
        return chosen
    site = current_site()
    if site is not None and site.locale is not None:
        return known_locale(site.locale)
    wanted = headers.get("accept-language", "")
    return best_locale(wanted) if wanted else actor.locale


def _open_span(scope: Any, *, is_quiet: bool) -> AbstractContextManager[tracing.Note]:
    """Not for WebSockets, which last long: their operations have spans of their own."""
    if scope["type"] == "http" and not is_quiet:
        return tracing.span(method_label(scope["method"]), tracing.Kind.SERVER)
    return tracing.UNRECORDED


def _describe(note: tracing.Note, scope: Any, status: int) -> None:
    """The route's template: paths contain names of people's things and would be unbounded as
    labels.
    """
    method, route = method_label(scope["method"]), scope.get("path_template", "")
    note.name = f"{method} {route}".rstrip()
    note.attributes |= {"http.request.method": method, "http.response.status_code": status}
    note.attributes |= {"http.route": route} if route else {}
    note.error = str(status) if status >= 500 else ""


def _report(scope: Any, status: int, seconds: float) -> None:
    method = method_label(scope["method"])
    observe_request(method, scope.get("path_template", ""), status, seconds)
    ms = round(seconds * 1000, 1)
    log.info("request", method=method, path=scope["path"], status=status, ms=ms)
