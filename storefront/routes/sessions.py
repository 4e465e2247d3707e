"""Signing in and out, and the language of the pages."""

from contextlib import suppress
from urllib.parse import urlencode

from litestar import get, post
from litestar.di import NamedDependency

from chenu.accounts.actor import ActorKind
from chenu.accounts.confirmation import is_fresh, sign_in_again
from chenu.accounts.devices import remember_device, renew_device
from chenu.accounts.errors import CodeNeeded, WrongCredentials
from chenu.accounts.profile import ProfileChange, update_profile
from chenu.accounts.request_context import language_cookie, session_cookie
from chenu.accounts.second_step import finish_sign_in, make_step_token
from chenu.accounts.sessions import NewSession, revoke_session
from chenu.accounts.users import sign_in
from chenu.core.errors import ChenuError, Invalid, NotFound, RateLimited
from chenu.core.i18n import LOCALES, is_locale, mark
from chenu.flows.sso.availability import find_connection_for
from chenu.flows.sso.passwords import require_password_allowed
from chenu.sso.errors import PasswordsOff
from storefront.access import PUBLIC, SIGNED_IN
from storefront.forms import (
    REFUSED_TRIES,
    Fields,
    FormView,
    HttpRequest,
    keep,
    read_form,
    read_query,
)
from storefront.fresh_sign_in import AGAIN_PATH, PASSWORD
from storefront.pages import Page, Pages
from storefront.sign_in_path import safe_next
from storefront.visitor import browser_of


@get("/sign-in", opt=PUBLIC)
async def show_sign_in(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    wanted = read_query(request).text("next")
    if pages.request_context.actor.kind is ActorKind.SESSION:
        return pages.go(safe_next(wanted))
    values = {"next": wanted}
    if pages.link is not None:
        values["referral_code"] = pages.link.code
    return pages.show("people/sign_in.html", form=FormView("sign-in", values))


@post("/sign-in", opt=PUBLIC)
async def submit_sign_in(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    fields = await read_form(request)
    if not fields.text("password"):
        return await _ask_provider(pages, fields)
    browser = browser_of(pages.request_context)
    try:
        session = await sign_in(
            fields.text("email"),
            fields.text("password"),
            browser,
            allow=require_password_allowed,
        )
    except PasswordsOff as off:
        return _go_to_provider(pages, off.connection, fields)
    except CodeNeeded as needed:
        token = await make_step_token(needed.user_id, pages.settings.secret)
        values = {"token": token, "next": fields.text("next")}
        return pages.show("people/sign_in_code.html", form=FormView("code", values))
    except REFUSED_TRIES as error:
        form = pages.refused("sign-in", keep(fields, ("email", "next", "referral_code")), error)
        page = pages.show("people/sign_in.html", pages.status(error), form=form)
        return with_retry(page, error)
    return await _go_on(pages, session, fields)


async def _ask_provider(pages: Pages, fields: Fields) -> Page:
    """By the domain of the mailbox alone, so that nothing tells who has an account."""
    connection = await find_connection_for(fields.text("email"))
    if connection is not None:
        return _go_to_provider(pages, str(connection.id), fields)
    error = Invalid(mark("Please enter your password"), path=("password",))
    form = pages.refused("sign-in", keep(fields, ("email", "next", "referral_code")), error)
    return pages.show("people/sign_in.html", pages.status(error), form=form)


def _go_to_provider(pages: Pages, connection: str, fields: Fields) -> Page:
    """A page that leads on by itself: a form's own answer may not lead to another site."""
    query = {"next": fields.text("next"), "email": fields.text("email").strip()}
    way = f"/sign-in/provider/{connection}?{urlencode(query)}"
    return pages.show("sso/go_on.html", way=way)


@post("/sign-in/code", opt=PUBLIC)
async def submit_code(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    """The second page of signing in. When it took too long, the first one is shown again."""
    fields = await read_form(request)
    browser, key = browser_of(pages.request_context), pages.settings.secret
    try:
        session = await finish_sign_in(fields.text("token"), fields.text("code"), browser, key)
    except WrongCredentials as error:
        form = pages.refused("sign-in", keep(fields, ("next",)), error)
        return pages.show("people/sign_in.html", pages.status(error), form=form)
    except REFUSED_TRIES as error:
        form = pages.refused("code", keep(fields, ("token", "next")), error)
        page = pages.show("people/sign_in_code.html", pages.status(error), form=form)
        return with_retry(page, error)
    return await _go_on(pages, session, fields)


async def _go_on(pages: Pages, session: NewSession, fields: Fields) -> Page:
    devices = await change_over(pages, session)
    cookie = session_cookie(pages.settings, session.token)
    return pages.go(safe_next(fields.text("next")), cookie=cookie, devices=devices)


@get(AGAIN_PATH, opt=SIGNED_IN)
async def show_again(pages: NamedDependency[Pages]) -> Page:
    raise await sign_in_again(pages.request_context.actor)


@post(AGAIN_PATH, opt=SIGNED_IN)
async def submit_again(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    """The password was looked at before: storefront/fresh_sign_in.py.

    Without one it may have been proved in another tab.
    """
    fields, actor = await read_form(request), pages.request_context.actor
    if not fields.text(PASSWORD) and not await is_fresh(actor):
        wrong = Invalid(mark("Please enter your password"), path=(PASSWORD,))
        raise await sign_in_again(actor, wrong=wrong)
    return pages.go(safe_next(fields.text("next")))


async def change_over(pages: Pages, session: NewSession) -> str | None:
    """Ends this browser's previous session, if any, and starts the new one."""
    left = await _leave(pages)
    return await renew_device(session.owner, left or pages.request_context.devices)


async def _leave(pages: Pages) -> str | None:
    """Ends this browser's session; returns the new value of the device cookie."""
    actor = pages.request_context.actor
    if actor.user_id is None or actor.session_id is None:
        return None
    with suppress(NotFound):  # it ended a moment before
        await revoke_session(actor.user_id, actor.session_id)
    return await remember_device(actor.user_id, pages.request_context.devices)


def with_retry(page: Page, error: ChenuError) -> Page:
    """The refused page says when another try may be made."""
    if isinstance(error, RateLimited):
        page.headers["Retry-After"] = str(error.retry_after)
    return page


@post("/sign-out", opt=PUBLIC)
async def sign_out(pages: NamedDependency[Pages]) -> Page:
    """Ends the session at once; without one it is no error."""
    devices = await _leave(pages)
    cookie = session_cookie(pages.settings, None)
    return pages.go("/?notice=signed-out", cookie=cookie, devices=devices)


@post("/language", opt=PUBLIC)
async def choose_language(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    """Stored for a signed-in person, else in this browser's cookie."""
    fields = await read_form(request)
    locale, wanted = fields.text("locale"), fields.text("next")
    if not is_locale(locale):
        allowed = ", ".join(LOCALES)
        raise Invalid("The language is one of {allowed}", path=("locale",), allowed=allowed)
    if pages.request_context.actor.kind is ActorKind.SESSION:
        await update_profile(pages.request_context.actor, ProfileChange(locale=locale))
    back = safe_next(wanted or "/")
    return pages.go(back, cookie=language_cookie(pages.settings, locale))
