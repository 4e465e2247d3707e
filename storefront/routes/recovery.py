"""Mailed links: verify an address, and choose a new password."""

from litestar import get, post
from litestar.di import NamedDependency

from chenu.accounts.actor import ActorKind
from chenu.accounts.mail_tokens import Purpose, is_mail_token_good
from chenu.accounts.recovery import request_password_reset, reset_password, verify_email
from chenu.accounts.visit import session_cookie
from storefront.access import PUBLIC
from storefront.forms import (
    REFUSALS,
    REFUSED_TRIES,
    FormView,
    HttpRequest,
    keep,
    read_form,
    read_query,
)
from storefront.pages import Page, Pages


@get("/password/forgot", opt=PUBLIC)
async def show_forgot(pages: NamedDependency[Pages]) -> Page:
    return pages.show("people/forgot.html", form=FormView("forgot"), is_sent=False)


@post("/password/forgot", opt=PUBLIC)
async def submit_forgot(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    """The same answer for every address, known or not."""
    fields = await read_form(request)
    try:
        await request_password_reset(fields.text("email"), pages.visit.address)
    except REFUSED_TRIES as error:
        form = pages.refused("forgot", keep(fields, ("email",)), error)
        return pages.show("people/forgot.html", pages.status(error), form=form, is_sent=False)
    form = FormView("forgot", keep(fields, ("email",)))
    return pages.show("people/forgot.html", form=form, is_sent=True)


@get("/password/reset", opt=PUBLIC)
async def show_reset(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    token = read_query(request).text("token")
    is_good = await is_mail_token_good(token, Purpose.RESET_PASSWORD)
    form = FormView("reset", {"token": token})
    return pages.show("people/reset.html", 200 if is_good else 422, form=form, is_good=is_good)


@post("/password/reset", opt=PUBLIC)
async def submit_reset(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    """Ends all sessions, this browser's too; a refused password leaves the link usable."""
    fields = await read_form(request)
    token = fields.text("token")
    try:
        await reset_password(token, fields.text("new_password"))
    except REFUSALS as error:
        is_good = await is_mail_token_good(token, Purpose.RESET_PASSWORD)
        form = pages.refused("reset", {"token": token}, error)
        return pages.show("people/reset.html", pages.status(error), form=form, is_good=is_good)
    return pages.go("/sign-in?notice=reset", cookie=session_cookie(pages.settings, None))


@get("/email/verify", opt=PUBLIC)
async def show_verify(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    """A button: programs that open every link of a mail must not use it up."""
    form = FormView("verify", {"token": read_query(request).text("token")})
    return pages.show("people/verify.html", form=form)


@post("/email/verify", opt=PUBLIC)
async def submit_verify(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    fields = await read_form(request)
    try:
        await verify_email(fields.text("token"))
    except REFUSALS as error:
        form = pages.refused("verify", keep(fields, ("token",)), error)
        return pages.show("people/verify.html", pages.status(error), form=form)
    is_signed_in = pages.visit.actor.kind is ActorKind.SESSION
    return pages.go(f"/{'account' if is_signed_in else 'sign-in'}?notice=verified")
