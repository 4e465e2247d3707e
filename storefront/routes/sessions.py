"""Signing in and out, and the language of the pages."""

from contextlib import suppress

from litestar import get, post
from litestar.di import NamedDependency

from chenu.accounts.actor import ActorKind
from chenu.accounts.devices import remember_device, renew_device
from chenu.accounts.profile import ProfileChange, update_profile
from chenu.accounts.request_context import language_cookie, session_cookie
from chenu.accounts.sessions import NewSession, revoke_session
from chenu.accounts.users import sign_in
from chenu.core.errors import ChenuError, Invalid, NotFound, RateLimited
from chenu.core.i18n import LOCALES, is_locale
from storefront.access import PUBLIC
from storefront.forms import REFUSED_TRIES, FormView, HttpRequest, keep, read_form, read_query
from storefront.pages import Page, Pages
from storefront.sign_in_path import safe_next
from storefront.visitor import browser_of


@get("/sign-in", opt=PUBLIC)
async def show_sign_in(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    wanted = read_query(request).text("next")
    if pages.request_context.actor.kind is ActorKind.SESSION:
        return pages.go(safe_next(wanted))
    return pages.show("people/sign_in.html", form=FormView("sign-in", {"next": wanted}))


@post("/sign-in", opt=PUBLIC)
async def submit_sign_in(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    fields = await read_form(request)
    try:
        session = await sign_in(
            fields.text("email"), fields.text("password"), browser_of(pages.request_context)
        )
    except REFUSED_TRIES as error:
        form = pages.refused("sign-in", keep(fields, ("email", "next")), error)
        return show_refused(pages, "people/sign_in.html", error, form=form)
    devices = await change_over(pages, session)
    cookie = session_cookie(pages.settings, session.token)
    return pages.go(safe_next(fields.text("next")), cookie=cookie, devices=devices)


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


def show_refused(pages: Pages, template: str, error: ChenuError, **context: object) -> Page:
    page = pages.show(template, pages.status(error), **context)
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
