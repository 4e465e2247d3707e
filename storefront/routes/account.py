"""The account page: profile, email, password, sessions, purchases and API keys."""

from datetime import datetime
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.accounts.actor import ApiScope, SessionId
from chenu.accounts.api_keys import ApiKeyId, create_api_key, revoke_api_key
from chenu.accounts.errors import SignInAgain
from chenu.accounts.key_rotation import rotate_api_key
from chenu.accounts.profile import ProfileChange, update_profile
from chenu.accounts.recovery import change_password
from chenu.accounts.roles import Right
from chenu.accounts.second_factor import CodeGiven
from chenu.accounts.sessions import revoke_session, revoke_sessions
from chenu.accounts.users import get_user, send_verification_again
from chenu.accounts.validation import normalise_email
from chenu.core.errors import ChenuError, Invalid, InvalidState, RateLimited
from chenu.flows.services import Services
from chenu.flows.sso.confirming import read_password
from chenu.tiers.entitlements import PlanRequired
from storefront.access import SIGNED_IN, for_right
from storefront.forms import REFUSED_TRIES, Fields, HttpRequest, keep, read_form, read_query
from storefront.pages import Page, Pages
from storefront.routes.account_page import AccountForms, render_account
from storefront.typed_values import read_day

_CACHED = ("display_name", "locale", "email", "name", "scopes", "documents_only", "expires_at")


@get("/account", opt=SIGNED_IN)
async def show_account(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    return await render_account(pages, read_query(request), AccountForms())


async def _show_again(pages: Pages, form: str, fields: Fields, error: ChenuError) -> Page:
    """The account page with the refused form as it was typed."""
    again = pages.refused(form, keep(fields, _CACHED), error)
    forms = AccountForms().replaced(form, again)
    page = await render_account(pages, Fields({}), forms, status=pages.status(error))
    if isinstance(error, RateLimited):
        page.headers["Retry-After"] = str(error.retry_after)
    return page


@post("/account/profile", opt=SIGNED_IN)
async def save_profile(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    """Changes only the fields sent; a new email address waits for its link to be opened."""
    fields, actor = await read_form(request), pages.request_context.actor
    email = fields.find("email")
    is_same = await _is_own_address(pages, email)
    password = None
    if email is not None and not is_same:
        password = await read_password(actor, fields.text("current_password"))
    change = ProfileChange(fields.find("display_name"), fields.find("locale"), email, password)
    form = "profile" if change.email is None else "address"
    try:
        await update_profile(actor, change)
    except REFUSED_TRIES as error:
        return await _show_again(pages, form, fields, error)
    return pages.go(f"/account?notice={'address-same' if is_same else form}")


async def _is_own_address(pages: Pages, email: str | None) -> bool:
    if email is None:
        return False
    user = await get_user(pages.request_context.actor.require_user())
    return normalise_email(email) == user.email


@post("/account/password", opt=SIGNED_IN)
async def save_password(
    request: HttpRequest, pages: NamedDependency[Pages], services: NamedDependency[Services]
) -> Page:
    fields = await read_form(request)
    current, new = fields.text("current_password"), fields.text("new_password")
    given = CodeGiven(fields.text("code"), services.settings.secret)
    try:
        await change_password(pages.request_context.actor, current, new, given)
    except REFUSED_TRIES as error:
        return await _show_again(pages, "password", fields, error)
    return pages.go("/account?notice=password")


@post("/account/verify", opt=SIGNED_IN)
async def send_link_again(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    try:
        await send_verification_again(pages.request_context.actor)
    except RateLimited as error:
        return await _show_again(pages, "address", Fields({}), error)
    return pages.go("/account?notice=verify")


@post("/account/sessions/{session_id:uuid}/revoke", opt=SIGNED_IN)
async def end_session(pages: NamedDependency[Pages], session_id: FromPath[UUID]) -> Page:
    await revoke_session(pages.request_context.actor.require_user(), SessionId(session_id))
    return pages.go("/account?notice=session")


@post("/account/sessions/revoke-others", opt=SIGNED_IN)
async def end_other_sessions(pages: NamedDependency[Pages]) -> Page:
    actor = pages.request_context.actor
    await revoke_sessions(actor.require_user(), but=actor.session_id)
    return pages.go("/account?notice=sessions")


@post("/account/api-keys", opt=for_right(Right.MANAGE_KEYS))
async def make_key(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    """Shows the secret once, in this response: after a redirect it would be lost."""
    fields, actor = await read_form(request), pages.request_context.actor
    try:
        created = await create_api_key(
            actor,
            fields.text("name"),
            _read_scopes(fields),
            _read_expiry(fields),
            pages.settings.secret,
            current_password=await read_password(actor, fields.text("current_password")),
            documents_only=fields.is_ticked("documents_only"),
        )
    except SignInAgain:
        raise
    except ChenuError as error:
        return await _show_again(pages, "api-key", fields, error)
    return pages.show("account/new_key.html", created=created)


def _read_expiry(fields: Fields) -> datetime | None:
    """The key works on the last day that is named, in UTC."""
    last_day = read_day(fields.text("expires_at"), "expires_at")
    return None if last_day is None else last_day.replace(hour=23, minute=59, second=59)


def _read_scopes(fields: Fields) -> list[ApiScope]:
    """Raises Invalid for an unknown scope."""
    given = fields.all("scopes")
    if not set(given) <= set(ApiScope.__members__):
        raise Invalid("Please choose from the list of scopes", path=("scopes",))
    return [ApiScope(scope) for scope in given]


@post("/account/api-keys/{key_id:uuid}/rotate", opt=for_right(Right.MANAGE_KEYS))
async def replace_secret(pages: NamedDependency[Pages], key_id: FromPath[UUID]) -> Page:
    """Shows the new secret once, as for a new key."""
    actor, pepper = pages.request_context.actor, pages.settings.secret
    try:
        created = await rotate_api_key(actor, ApiKeyId(key_id), pepper)
    except (InvalidState, PlanRequired) as error:
        return await _show_again(pages, "api-key", Fields({}), error)
    return pages.show("account/new_key.html", created=created)


@post("/account/api-keys/{key_id:uuid}/revoke", opt=for_right(Right.MANAGE_KEYS))
async def end_key(pages: NamedDependency[Pages], key_id: FromPath[UUID]) -> Page:
    await revoke_api_key(pages.request_context.actor, ApiKeyId(key_id))
    return pages.go("/account?notice=key-revoked")
