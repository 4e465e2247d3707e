"""Answers of the storefront: a page in the visitor's language, a fragment of it, or the way on."""

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
from chenu.core.errors import ChenuError
from chenu.core.i18n import explain, translate
from chenu.core.paging import CursorCodec
from chenu.flows.purchases.return_urls import is_local_path
from chenu.settings import Settings, StripeMode
from storefront.access import ACCESS_KEY, ACCOUNTS_KEY, Access
from storefront.counts import UNSHARED, Counts
from storefront.forms import FormView, HttpRequest, read_query, refused_form
from storefront.navigation import find_section
from storefront.notices import find_notice
from storefront.remedies import remedy_of
from storefront.templating import environment

Page = Response[bytes]
StatusOf = Callable[[ChenuError], int]
"""HTTP's word for an error of the business: chenu.app hands it in."""

_IN_ADDRESSES = "%/:?#[]@!$&'()*+,;="
"""All else is encoded: a header carries no letters beyond its alphabet."""

_CSRF_FIELD = Markup('<input type="hidden" name="csrf_token" value="{}">')
_VARY = "Cookie, Accept-Language, HX-Request, HX-Request-Type"


class Pages:
    """Made for each request, as the dependency `pages`."""

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

    @property
    def is_fragment(self) -> bool:
        """htmx asks for a part of the page that it is on."""
        headers = dict(self._request.scope["headers"])
        return headers.get(b"hx-request-type") == b"partial"

    @property
    def here(self) -> str:
        """The address to come back to: this one, or for a sent form the page it was on."""
        if self._request.method == "GET":
            query = self._request.scope["query_string"].decode("latin-1")
            path = self._request.scope["path"]
            return _local(f"{path}?{query}" if query else path)
        referer = self._request.headers.get("referer", "")
        start = f"{self.settings.public_url}/"
        return _local("/" + referer.removeprefix(start)) if referer.startswith(start) else "/"

    def show(self, template: str, status: int = 200, **context: Any) -> Page:
        """A whole page, or a fragment of one when the template is."""
        found = environment(self.locale).get_template(template)
        body = found.render({**self._shared_values(), **context}).encode()
        headers = {"Content-Language": self.locale, "Vary": _VARY, "Cache-Control": self._cache()}
        return Response(body, status_code=status, media_type=MediaType.HTML, headers=headers)

    def go(self, path: str, *, cookie: str | None = None, devices: str | None = None) -> Page:
        """On to another page with GET; `path` is ours, or Stripe's as the business gave it.

        `devices` is what the browser shall remember of who has signed in from it.
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
        """htmx keeps what it shows."""
        headers = {"Cache-Control": "no-store"}
        return Response(b"", status_code=204, media_type=MediaType.HTML, headers=headers)

    def say(self, message: str, **params: Any) -> str:
        return translate(self.locale, message, **params)

    def explain(self, error: ChenuError) -> str:
        return explain(error, self.locale)

    def refused(self, name: str, values: dict[str, str], error: ChenuError) -> FormView:
        """The form again, with what is wrong."""
        return refused_form(name, values, error, self.locale)

    def status(self, error: ChenuError) -> int:
        return self._status_of(error)

    def _shared_values(self) -> dict[str, Any]:
        """What every template may use."""
        actor, path = self.request_context.actor, self._request.scope["path"]
        return {
            "actor": actor,
            "own_accounts": self._request.scope["state"].get(ACCOUNTS_KEY, []),
            "is_signed_in": actor.kind is ActorKind.SESSION,
            "csrf_field": self._csrf_field(),
            "here": self.here,
            "path": path,
            "section": find_section(path),
            "public_url": self.settings.public_url,
            "is_test_money": self.settings.stripe.mode is not StripeMode.LIVE,
            "notice": self._notice(),
            "explain": self.explain,
            "remedy_of": remedy_of,
        }

    def _csrf_field(self) -> Markup:
        """What every form of a session carries; nothing without one."""
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
        """Private things are kept nowhere; the rest is asked for again each time."""
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
