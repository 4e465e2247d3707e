"""Pages of mailed links: verify an email address, and choose a new password."""

from contextlib import suppress
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency

from chenu.accounts.actor import ActorKind
from chenu.accounts.api_keys import ApiKeyId
from chenu.accounts.devices import remember_device
from chenu.accounts.recovery import (
    cancel_email_change,
    find_reset_offer,
    find_reset_owner,
    request_password_reset,
    reset_password,
    verify_email,
)
from chenu.accounts.request_context import session_cookie
from chenu.accounts.users import User
from chenu.flows.services import Services
from storefront.access import PUBLIC
from storefront.forms import (
    REFUSALS,
    REFUSED_TRIES,
    Fields,
    FormView,
    HttpRequest,
    keep,
    read_form,
    read_query,
)
from storefront.pages import Page, Pages
from storefront.plan_choice import CHOICE_FIELDS, PlanChoice, begin_chosen, find_choice
from storefront.sign_in_path import sign_in_path


@get("/password/forgot", opt=PUBLIC)
async def show_forgot(pages: NamedDependency[Pages]) -> Page:
    return pages.show("people/forgot.html", form=FormView("forgot"), is_sent=False)


@post("/password/forgot", opt=PUBLIC)
async def submit_forgot(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    """The same answer for every email address, known or not."""
    fields = await read_form(request)
    try:
        await request_password_reset(fields.text("email"), pages.request_context.ip)
    except REFUSED_TRIES as error:
        form = pages.refused("forgot", keep(fields, ("email",)), error)
        return pages.show("people/forgot.html", pages.status(error), form=form, is_sent=False)
    form = FormView("forgot", keep(fields, ("email",)))
    return pages.show("people/forgot.html", form=form, is_sent=True)


@get("/password/reset", opt=PUBLIC)
async def show_reset(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    token = read_query(request).text("token")
    offer = await find_reset_offer(token)
    chosen = [] if offer is None or offer.is_proved else [str(key.id) for key in offer.keys]
    form = FormView("reset", {"token": token, "revoked_keys": "\n".join(chosen)})
    return pages.show("people/reset.html", 422 if offer is None else 200, form=form, offer=offer)


@post("/password/reset", opt=PUBLIC)
async def submit_reset(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    """Ends all sessions, this browser's too; a refused password leaves the link usable."""
    fields = await read_form(request)
    token, revoked = fields.text("token"), _read_keys(fields)
    owner = await find_reset_owner(token)
    try:
        await reset_password(token, fields.text("new_password"), revoked_keys=revoked)
    except REFUSALS as error:
        offer = await find_reset_offer(token)
        form = pages.refused("reset", keep(fields, ("token", "revoked_keys")), error)
        return pages.show("people/reset.html", pages.status(error), form=form, offer=offer)
    devices = None if owner is None else await remember_device(owner, pages.request_context.devices)
    cookie = session_cookie(pages.settings, None)
    return pages.go("/sign-in?notice=reset", cookie=cookie, devices=devices)


def _read_keys(fields: Fields) -> set[ApiKeyId]:
    """The ticked keys; invalid ids are ignored."""
    found = set()
    for key_id in fields.all("revoked_keys"):
        with suppress(ValueError):
            found.add(ApiKeyId(UUID(key_id)))
    return found


@get("/email/verify", opt=PUBLIC)
async def show_verify(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    """Requires a click, because programs that open every link of a mail must not use it up."""
    form = FormView("verify", keep(read_query(request), ("token", *CHOICE_FIELDS)))
    return pages.show("people/verify.html", form=form, choice_fields=CHOICE_FIELDS)


@post("/email/verify", opt=PUBLIC)
async def submit_verify(
    request: HttpRequest, pages: NamedDependency[Pages], services: NamedDependency[Services]
) -> Page:
    """The link of somebody who chose a plan at sign-up leads on to its payment page."""
    fields = await read_form(request)
    try:
        choice = find_choice(fields)
        user = await verify_email(fields.text("token"))
    except REFUSALS as error:
        form = pages.refused("verify", keep(fields, ("token",)), error)
        return pages.show("people/verify.html", pages.status(error), form=form)
    actor = pages.request_context.actor
    if choice is not None:
        return pages.go(await _go_on(pages, services, user, choice))
    is_signed_in = actor.kind is ActorKind.SESSION
    return pages.go(f"/{'account' if is_signed_in else 'sign-in'}?notice=verified")


async def _go_on(pages: Pages, services: Services, user: User, choice: PlanChoice) -> str:
    """Somebody else may be signed in here: the plan is for whoever the mail was for."""
    request_context = pages.request_context
    if request_context.actor.user_id != user.id:
        return f"{sign_in_path(choice.plan_path)}&notice=verified"
    actor = (await request_context.renewed()).actor
    return await begin_chosen(services, actor, choice, pages.locale)


@get("/email/cancel", opt=PUBLIC)
async def show_cancel(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    """Requires a click, as for the other links in mails."""
    form = FormView("cancel", {"token": read_query(request).text("token")})
    return pages.show("people/cancel.html", form=form, is_done=False)


@post("/email/cancel", opt=PUBLIC)
async def submit_cancel(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    """The old email address stays; no sign-in is needed, as only its owner can read the mail."""
    fields = await read_form(request)
    form, status = FormView("cancel"), 200
    try:
        await cancel_email_change(fields.text("token"))
    except REFUSALS as error:
        form, status = pages.refused("cancel", {}, error), pages.status(error)
    return pages.show("people/cancel.html", status, form=form, is_done=not form.errors)
