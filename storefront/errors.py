"""Errors as pages in the visitor's language. They need no database, which may be what failed."""

from urllib.parse import parse_qsl, urlencode

from litestar import Response
from litestar.exceptions import HTTPException

from chenu.accounts.errors import RightMissing, SignInAgain
from chenu.accounts.request_context import STATE_KEY, RequestContext
from chenu.core.errors import BadInput, ChenuError, NotFound, RateLimited, Unauthenticated
from chenu.core.i18n import mark
from chenu.core.paging import BadCursor
from chenu.settings import Settings
from storefront.forms import FormView, HttpRequest, read_query
from storefront.fresh_sign_in import (
    AGAIN_PATH,
    DONE_PATH,
    PROVIDER_PATH,
    WAYS_KEY,
    Ways,
    fields_to_repeat,
)
from storefront.pages import Page, Pages, StatusOf
from storefront.remedies import remedy_of
from storefront.sign_in_path import sign_in_path

_TITLES = {
    400: mark("This request cannot be read"),
    401: mark("This key is not valid"),
    403: mark("This is not open to you"),
    404: mark("There is nothing here"),
    405: mark("This page takes no such request"),
    413: mark("That is too much at once"),
    429: mark("Please wait a moment"),
    500: mark("Something went wrong on our side"),
    503: mark("We will be back in a moment"),
}
_WORDS = {
    404: mark("The address may be mistyped, or what was here is gone."),
    413: mark("What you sent is larger than we take. Nothing was changed."),
    500: mark("It was not your fault, and we can see that it happened. Please try again."),
    503: mark("Part of our system does not answer at the moment. Nothing was changed."),
}
_BAD_CURSOR_TITLE = mark("This page of the list is not there any more")
_BAD_CURSOR_WORDS = mark(
    "Its address was made for another search, another order or another person's list."
)
_CURSORS = ("after", "before")


def render_error(
    request: HttpRequest, error: Exception, *, settings: Settings, status_of: StatusOf
) -> Page:
    """A page with the message and a link.

    Redirects to the sign-in page if signing in could help.
    """
    request_context: RequestContext = request.scope["state"].get(STATE_KEY, RequestContext())
    pages = Pages(request, request_context, settings, status_of)
    if isinstance(error, Unauthenticated) and error is not request_context.refusal:
        return _to_sign_in(request, pages)
    if isinstance(error, SignInAgain):
        return _ask_again(request, pages, error)
    found = _status(error, status_of)
    page = pages.show(
        "errors/page.html",
        status=found,
        status_code=found,
        title=pages.say(_title(error, found)),
        advice=_advice(pages, error, found),
        remedy=remedy_of(error) if isinstance(error, RightMissing) else None,
        beginning=_without_cursor(request) if isinstance(error, BadCursor) else None,
        request_id=request_context.request_id,
    )
    page.headers.update(_headers(error, found, is_htmx="hx-request" in request.headers))
    return page


def _ask_again(request: HttpRequest, pages: Pages, error: SignInAgain) -> Page:
    """The form for the password, which then does what was asked: it sends the same fields again.

    A page that was opened by its link is opened again afterwards.
    """
    is_form = request.method == "POST"
    wrong = error.wrong
    form = pages.refused("again", {}, wrong) if wrong is not None else FormView("again")
    is_question = request.scope["path"] == AGAIN_PATH and not is_form
    status = 200 if is_question else pages.status(wrong or error)
    wanted = _wanted(request, pages)
    back = {"next": DONE_PATH if is_form else wanted}
    page = pages.show(
        "people/sign_in_again.html",
        status,
        form=form,
        asks_code=error.asks_code,
        advice=pages.explain(error),
        action=pages.own_address if is_form else AGAIN_PATH,
        repeated=fields_to_repeat(request) if is_form else [("next", wanted)],
        ways=request.scope["state"].get(WAYS_KEY, Ways()),
        to_provider=f"{PROVIDER_PATH}?{urlencode(back)}",
        is_form=is_form,
    )
    page.headers.update(_headers(wrong or error, status, is_htmx="hx-request" in request.headers))
    return page


def _wanted(request: HttpRequest, pages: Pages) -> str:
    """The page that was asked for, or named by a link to the question itself."""
    is_question = request.scope["path"] == AGAIN_PATH
    return read_query(request).text("next") if is_question else pages.here


def _status(error: Exception, status_of: StatusOf) -> int:
    if isinstance(error, ChenuError):
        return status_of(error)
    return error.status_code if isinstance(error, HTTPException) else 500


def _title(error: Exception, status: int) -> str:
    if isinstance(error, BadCursor):
        return _BAD_CURSOR_TITLE
    return _TITLES.get(status, _TITLES[500 if status >= 500 else 400])


def _without_cursor(request: HttpRequest) -> str:
    """The same URL on the first page of its lists."""
    sent = parse_qsl(request.scope["query_string"].decode("latin-1"))
    remaining = [(name, value) for name, value in sent if not name.endswith(_CURSORS)]
    path: str = request.scope["path"]
    return f"{path}?{urlencode(remaining)}" if remaining else path


def _advice(pages: Pages, error: Exception, status: int) -> str | None:
    """The error's own message, or else one for the status."""
    if isinstance(error, ChenuError) and not isinstance(error, NotFound | BadInput):
        return " ".join(pages.explain(single) for single in error.each)
    words = _BAD_CURSOR_WORDS if isinstance(error, BadCursor) else _WORDS.get(status)
    return pages.say(words) if words else None


def _headers(error: Exception, status: int, *, is_htmx: bool) -> dict[str, str]:
    headers = {"Cache-Control": "no-store"}
    if isinstance(error, RateLimited):
        headers["Retry-After"] = str(error.retry_after)
    elif status == 503:
        headers["Retry-After"] = "5"
    elif isinstance(error, HTTPException):
        headers |= error.headers or {}  # a wrong method: the allowed ones
    if is_htmx:
        headers |= {"HX-Retarget": "#main", "HX-Reselect": "#main", "HX-Reswap": "outerHTML"}
    return headers


def _to_sign_in(request: HttpRequest, pages: Pages) -> Page:
    path = sign_in_path(pages.here)
    if "hx-request" not in request.headers:
        return pages.go(path)
    return Response(
        b"", status_code=200, headers={"HX-Redirect": path, "Cache-Control": "no-store"}
    )
