"""Responses of the storefront: a page in the visitor's language, a fragment of it, or a
redirect.
"""

from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import quote

from litestar import Response
from litestar.datastructures import Cookie
from litestar.enums import MediaType
from markupsafe import Markup

from chenu.accounts.actor import ActorKind
from chenu.accounts.request_context import RequestContext, device_cookie
from chenu.accounts.roles import Right
from chenu.affiliates.codes import with_code
from chenu.core.errors import ChenuError
from chenu.core.i18n import explain, translate
from chenu.core.paging import CursorCodec
from chenu.core.site import OUR_NAME, site_origin
from chenu.flows.return_urls import is_local_path
from chenu.settings import Settings, StripeMode
from storefront.access import ACCESS_KEY, ACCOUNTS_KEY, FACTOR_KEY, Access
from storefront.counts import UNSHARED, Counts
from storefront.followed_link import (
    carry_code,
    find_link,
    find_question,
    find_sent_code,
)
from storefront.forms import FormView, HttpRequest, read_query, refused_form
from storefront.meter import METER_KEY, Meter
from storefront.navigation import find_section, list_desks
from storefront.notices import find_notice
from storefront.remedies import remedy_of
from storefront.templating import environment

Page = Response[bytes]
StatusOf = Callable[[ChenuError], int]
"""Maps an error of the business to its HTTP status; passed in by chenu.app."""

_IN_ADDRESSES = "%/:?#[]@!$&'()*+,;="
"""Characters of a URL that stay unencoded; all others are encoded, as headers are ASCII."""

_CSRF_FIELD = Markup('<input type="hidden" name="csrf_token" value="{}">')
_VARY = "Cookie, Accept-Language, HX-Request, HX-Request-Type"


class Pages:
    """Created for each request, as the dependency `pages`."""

    def __init__(
        self,
        request: HttpRequest,
        request_context: RequestContext,
        settings: Settings,
        status_of: StatusOf,
        counts: Counts = UNSHARED,
    ) -> None:
        self._request = request
        self._status_of = status_of
        self.request_context = request_context
        self.settings = settings
        self.counts = counts
        self.locale = request_context.locale
        self.cursors = _cursors(settings.secret)
        self.link = find_link(request)

    @property
    def is_fragment(self) -> bool:
        """Whether htmx asks for a part of the current page."""
        headers = dict(self._request.scope["headers"])
        return headers.get(b"hx-request-type") == b"partial"

    @property
    def meter(self) -> Meter | None:
        """None for fragments, and for whoever is not signed in."""
        found: Meter | None = self._request.scope["state"].get(METER_KEY)
        return found

    @property
    def here(self) -> str:
        """The URL to return to: this one, or for a sent form that of the page with the form."""
        if self._request.method == "GET":
            query = self._request.scope["query_string"].decode("latin-1")
            path = self._request.scope["path"]
            here = _local(f"{path}?{query}" if query else path)
            return here if self.link is None else with_code(here, self.link.code)
        referer = self._request.headers.get("referer", "")
        start = f"{self.origin}/"
        return _local("/" + referer.removeprefix(start)) if referer.startswith(start) else "/"

    @property
    def origin(self) -> str:
        """Of the site that is shown: where absolute URLs begin."""
        return site_origin(self.settings.public_url)

    @property
    def own_address(self) -> str:
        """The path and query of this very request, whatever its method."""
        scope = self._request.scope
        query = scope["query_string"].decode("latin-1")
        return _local(f"{scope['path']}?{query}" if query else scope["path"])

    def show(self, template: str, status: int = 200, **context: Any) -> Page:
        """A whole page, or a fragment if the template is one."""
        html = self.render(template, **context)
        code = self.link.code if self.link else find_sent_code(self._request)
        body = (html if code is None else carry_code(html, code)).encode()
        headers = {"Content-Language": self.locale, "Vary": _VARY, "Cache-Control": self._cache()}
        return Response(body, status_code=status, media_type=MediaType.HTML, headers=headers)

    def send_text(self, text: str, content_type: str) -> Page:
        """Text for programs, in the visitor's language."""
        headers = {"Content-Language": self.locale, "Vary": _VARY, "Cache-Control": self._cache()}
        media_type = f"{content_type}; charset=utf-8"
        return Response(text.encode(), media_type=media_type, headers=headers)

    def send_pdf(self, content: bytes, name: str) -> Page:
        """A document of ours, in the visitor's language, as a file with this name."""
        headers = {
            "Cache-Control": "private, no-store",
            "Content-Disposition": f'attachment; filename="{name}"',
            "Vary": "Cookie, Accept-Language",
        }
        return Response(content, media_type="application/pdf", headers=headers)

    def render(self, template: str, **context: Any) -> str:
        """The same as text."""
        found = environment(self.locale).get_template(template)
        return found.render({**self._shared_values(), **context})

    def go(self, path: str, *, cookie: str | None = None, devices: str | None = None) -> Page:
        """Redirects with GET; `path` is one of ours, or a URL of Stripe from the business.

        `devices` is the new value of the device cookie (accounts/devices.py).
        """
        headers = {"Location": quote(path, safe=_IN_ADDRESSES), "Cache-Control": "no-store"}
        headers["Vary"] = "Cookie"
        if cookie is not None:
            headers["Set-Cookie"] = cookie
        page = Response(b"", status_code=303, media_type=MediaType.HTML, headers=headers)
        if devices is not None:
            page.cookies.append(Cookie(**device_cookie(self.settings, devices)))
        return page

    def nothing(self) -> Page:
        """No content: htmx leaves the page as it is."""
        headers = {"Cache-Control": "no-store"}
        return Response(b"", status_code=204, media_type=MediaType.HTML, headers=headers)

    def say(self, message: str, **params: Any) -> str:
        return translate(self.locale, message, **params)

    def explain(self, error: ChenuError) -> str:
        return explain(error, self.locale)

    def refused(self, name: str, values: dict[str, str], error: ChenuError) -> FormView:
        """The form again, with its errors."""
        return refused_form(name, values, error, self.locale)

    def status(self, error: ChenuError) -> int:
        return self._status_of(error)

    def _shared_values(self) -> dict[str, Any]:
        """Values for every template."""
        actor, path = self.request_context.actor, self._request.scope["path"]
        return {
            "actor": actor,
            "own_accounts": self._request.scope["state"].get(ACCOUNTS_KEY, []),
            "is_signed_in": actor.kind is ActorKind.SESSION,
            "meter": self.meter,
            "asks_second_factor": self._request.scope["state"].get(FACTOR_KEY, False),
            "link_question": find_question(self.link, self.request_context, self.settings.secret),
            "may_buy_packs": actor.has_right(Right.BUY_PACKS),
            "csrf_field": self._csrf_field(),
            "here": self.here,
            "path": path,
            "section": find_section(path),
            "desks": list_desks(actor),
            "public_url": self.origin,
            "seller": self.settings.company.name or OUR_NAME,
            "is_test_money": self.settings.stripe.mode is not StripeMode.LIVE,
            "notice": self._notice(),
            "explain": self.explain,
            "remedy_of": remedy_of,
        }

    def _csrf_field(self) -> Markup:
        """The hidden CSRF field of every form; empty without a session."""
        token = self.request_context.csrf_token(self.settings)
        return Markup() if token is None else _CSRF_FIELD.format(token)

    def _notice(self) -> str | None:
        try:
            key = read_query(self._request).text("notice")
        except ChenuError:
            return None
        message = find_notice(key)
        return self.say(message) if message else None

    def _cache(self) -> str:
        """Private pages are never cached; other pages are revalidated on each use."""
        access = getattr(self._request.scope.get("route_handler"), "opt", {}).get(ACCESS_KEY)
        if access is not Access.PUBLIC:
            return "no-store"
        is_anonymous = self.request_context.actor.kind is ActorKind.ANONYMOUS
        return "no-cache" if is_anonymous else "private, no-store"


@cache
def _cursors(secret: bytes) -> CursorCodec:
    return CursorCodec(secret)


def _local(path: str) -> str:
    return path if is_local_path(path) else "/"
