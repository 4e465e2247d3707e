"""Affiliates' links: `?ref=CODE` on any page is counted as a click, before any cache answers.

The parameter is taken out of the query, so that pages and cache keys are the same with any code. A
page behind a real code is made anew and never stored: it asks for consent, and its links to the
sign-up carry the code, as does a redirect. A click that cannot be recorded is lost, and the page is
not.
"""

from typing import Any

import structlog
from litestar.types import ASGIApp, Message, Receive, Send

from chenu.accounts.actor import ActorKind
from chenu.accounts.request_context import (
    FOLLOWED_LINK,
    STATE_KEY,
    RequestContext,
    link_cookie,
)
from chenu.affiliates.click_tokens import FollowedLink, read_click, sign_click
from chenu.affiliates.clicks import record_click
from chenu.affiliates.codes import find_carried, take_code, with_code
from chenu.core.site import current_site
from chenu.flows.return_urls import is_local_path
from chenu.http.paths import Subtrees
from chenu.settings import Settings

log = structlog.get_logger("chenu.request")

_AHEAD = (b"sec-purpose", b"purpose", b"x-purpose", b"x-moz")
"""Headers of a page that is fetched before anybody asks for it."""
_OF_PAGES = (b"", b"document")


class AffiliateLinks:
    """Wraps the application and its cache; `programs` are paths that are no pages."""

    def __init__(self, app: ASGIApp, settings: Settings, programs: Subtrees) -> None:
        self._app = app
        self._settings = settings
        self._programs = programs

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        if scope.get("method") != "GET" or scope["path"] in self._programs or current_site():
            await self._app(scope, receive, send)
            return
        code, scope["query_string"] = take_code(scope["query_string"])
        is_visit = code is not None and _is_visit(scope) and not _is_staff_looking(scope)
        link = await self._follow(scope, code) if code and is_visit else None
        if link is not None:
            scope["state"][FOLLOWED_LINK] = link
            send = self._answering(scope, link, send)
        await self._app(scope, receive, send)

    async def _follow(self, scope: Any, code: str) -> FollowedLink | None:
        request_context: RequestContext = scope["state"][STATE_KEY]
        ip, user_agent = request_context.ip, request_context.user_agent
        try:
            click = await record_click(code, scope["path"], ip, user_agent)
        except Exception as error:
            log.warning("click_lost", error=type(error).__name__)
            return None
        return None if click is None else FollowedLink(click, code)

    def _answering(self, scope: Any, link: FollowedLink, send: Send) -> Send:
        """The page is this visitor's alone; whoever agreed to the cookie has the newer click."""
        request_context: RequestContext = scope["state"][STATE_KEY]
        own = [(b"cache-control", b"private, no-store")]
        if read_click(request_context.followed_link, self._settings.secret) is not None:
            token = sign_click(link, self._settings.secret)
            own.append((b"set-cookie", link_cookie(self._settings, token).encode()))

        async def send_own(message: Message) -> None:
            if message["type"] == "http.response.start":
                others = [pair for pair in message["headers"] if pair[0].lower() != own[0][0]]
                message["headers"] = [*(self._carry(pair, link) for pair in others), *own]
            await send(message)

        return send_own

    def _carry(self, header: tuple[bytes, bytes], link: FollowedLink) -> tuple[bytes, bytes]:
        """Whoever is led on to another page of ours takes the code along."""
        name, value = header
        if name.lower() != b"location":
            return header
        target = value.decode("latin-1")
        path = target.removeprefix(self._settings.public_url)
        if not is_local_path(path) or find_carried(path) is not None:
            return header
        return name, with_code(target, link.code).encode("latin-1")


def _is_staff_looking(scope: Any) -> bool:
    """At a customer's pages, which leaves no trace of the customer."""
    request_context: RequestContext = scope["state"][STATE_KEY]
    return request_context.actor.impersonator is not None


def _is_visit(scope: Any) -> bool:
    """Somebody without an account here opens a whole page."""
    request_context: RequestContext = scope["state"][STATE_KEY]
    is_known = request_context.refusal is not None or (
        request_context.actor.kind is not ActorKind.ANONYMOUS
    )
    if is_known or request_context.is_head:
        return False
    headers = {name.lower(): value.lower() for name, value in scope["headers"]}
    is_ahead = any(b"pre" in headers.get(name, b"") for name in _AHEAD)
    is_page = headers.get(b"sec-fetch-dest", b"") in _OF_PAGES and b"hx-request" not in headers
    return is_page and not is_ahead
