"""Signing up, in and out, one's own profile, and the mailed links."""

from contextlib import suppress
from typing import Annotated

import strawberry

from chenu.accounts.actor import ANONYMOUS
from chenu.accounts.api_keys import ApiKeyId
from chenu.accounts.devices import remember_device, renew_device
from chenu.accounts.profile import ProfileChange, update_profile
from chenu.accounts.recovery import (
    change_password,
    find_reset_owner,
    request_password_reset,
    reset_password,
    verify_email,
)
from chenu.accounts.request_context import session_cookie
from chenu.accounts.second_factor import CodeGiven
from chenu.accounts.sessions import NewSession, find_actor, revoke_session
from chenu.accounts.users import Browser, SignUp, get_user, sign_in
from chenu.core.errors import NotFound
from chenu.flows.affiliates.sign_up import refuse_own_code, sign_up_customer
from chenu.flows.budgets.due import grant_first_budget
from chenu.flows.sso.confirming import read_password
from chenu.flows.sso.passwords import require_password_allowed
from chenu_graphql.context import Context, Info
from chenu_graphql.errors import UserError
from chenu_graphql.fields import argument, field, input_argument, input_field
from chenu_graphql.payloads import Payload, user_errors
from chenu_graphql.people import User
from chenu_graphql.permissions import PARENT


@strawberry.input(description="A new person.")
class SignUpInput:
    email: str = input_field("The address to sign in with; a link is mailed to it.")
    password: str = input_field("At least 8 characters, none of the common ones.")
    display_name: str = input_field("The name for people.")
    locale: str | None = input_field("'fr' or 'en'; null: the language of the request.")
    referral_code: str | None = input_field(
        "An affiliate's code; what is none is ignored without an error, one's own is SELF_REFERRAL."
    )


@strawberry.input(description="Who signs in.")
class SignInInput:
    email: str = input_field("The address.")
    password: str = input_field("The password.")
    code: str | None = input_field(
        "Of the authenticator app, or a recovery code: CODE_NEEDED says that it is asked for.",
        default=None,
    )


@strawberry.input(description="Only what is given changes.")
class UserUpdateInput:
    display_name: str | None = input_field("The name for people.")
    locale: str | None = input_field("'fr' or 'en'.")
    email: str | None = input_field("Takes effect when the link mailed to it is opened.")
    current_password: str | None = input_field(
        "The one in use: a new address needs it, unless this session is younger than 10 minutes."
    )


@strawberry.input(description="A new password; every other session ends.")
class PasswordChangeInput:
    current_password: str = input_field("The one in use.")
    new_password: str = input_field("At least 8 characters, none of the common ones.")
    code: str | None = input_field(
        "Of the authenticator app, or a recovery code: CODE_NEEDED says that it is asked for.",
        default=None,
    )


@strawberry.input(description="A new password by a mailed link; all sessions end.")
class PasswordResetInput:
    token: str = input_field("Out of the mailed link.")
    new_password: str = input_field("At least 8 characters, none of the common ones.")
    revoke_api_keys: bool | None = input_field(
        "Whether all API keys that the person made stop working, too; null: no."
    )


@strawberry.type(description="A session that was opened or goes on.")
class SessionPayload:
    user: User | None = field("Who is signed in.", PARENT)
    csrf_token: str | None = field(
        "Send it back as X-CSRF-Token with every cookie-borne mutation.", PARENT
    )
    user_errors: list[UserError] = user_errors()


@strawberry.type(description="Done, or why not.")
class OkPayload:
    ok: bool = field("Whether it was done.", PARENT)
    user_errors: list[UserError] = user_errors()


@strawberry.type(description="The end of a session.")
class SignOutPayload:
    ok: bool = field("There is no session any more.", PARENT)


def _browser(ctx: Context) -> Browser:
    request_context = ctx.request_context
    return Browser(
        request_context.user_agent,
        request_context.ip,
        request_context.session_token,
        request_context.devices,
        request_context.followed_link,
    )


async def _use_session(ctx: Context, session: NewSession) -> Payload:
    """The rest of this answer is for the new session; a previous one ends."""
    await _end_session(ctx)
    settings = ctx.services.settings
    actor = await find_actor(session.token, ctx.request_context.ip)
    if actor is None:
        raise RuntimeError("a session that was just opened is not found")
    ctx.devices = await renew_device(session.owner, ctx.devices or ctx.request_context.devices)
    ctx.become(actor)
    ctx.cookies.append(session_cookie(settings, session.token))
    return await _describe_session(ctx)


async def _end_session(ctx: Context) -> None:
    actor = ctx.actor
    if actor.user_id is not None and actor.session_id is not None:
        with suppress(NotFound):  # it ended a moment before
            await revoke_session(actor.user_id, actor.session_id)
        ctx.devices = await remember_device(actor.user_id, ctx.request_context.devices)


async def _describe_session(ctx: Context) -> Payload:
    return Payload(user=await get_user(ctx.actor.require_user()), csrf_token=ctx.csrf_token)


async def resolve_sign_up(info: Info, data: Annotated[SignUpInput, input_argument()]) -> Payload:
    """A person with a personal account, signed in."""
    ctx = info.context
    locale = data.locale if data.locale is not None else ctx.locale
    person = SignUp(data.email, data.password, data.display_name, locale, data.referral_code)
    await refuse_own_code(ctx.actor, data.referral_code)
    session = await sign_up_customer(ctx.services.settings, person, _browser(ctx))
    await grant_first_budget(session.owner)
    return await _use_session(ctx, session)


async def resolve_sign_in(info: Info, data: Annotated[SignInInput, input_argument()]) -> Payload:
    ctx = info.context
    second = CodeGiven(data.code, ctx.services.settings.secret)
    browser = _browser(ctx)
    session = await sign_in(data.email, data.password, browser, second, require_password_allowed)
    return await _use_session(ctx, session)


async def resolve_sign_out(info: Info) -> Payload:
    """The answer is the same without a session."""
    ctx = info.context
    await _end_session(ctx)
    ctx.become(ANONYMOUS)
    ctx.cookies.append(session_cookie(ctx.services.settings, None))
    return Payload()


async def resolve_user_update(
    info: Info, data: Annotated[UserUpdateInput, input_argument()]
) -> Payload:
    ctx = info.context
    password = data.current_password
    if data.email is not None:
        password = await read_password(ctx.actor, password)
    change = ProfileChange(data.display_name, data.locale, data.email, password)
    await update_profile(ctx.actor, change)
    return await _describe_session(ctx)


async def resolve_password_change(
    info: Info, data: Annotated[PasswordChangeInput, input_argument()]
) -> Payload:
    ctx = info.context
    given = CodeGiven(data.code, ctx.services.settings.secret)
    await change_password(ctx.actor, data.current_password, data.new_password, given)
    return Payload()


async def resolve_password_reset_request(
    info: Info, email: Annotated[str, argument("The address to mail a link to.")]
) -> Payload:
    await request_password_reset(email, info.context.request_context.ip)
    return Payload()


async def resolve_password_reset(
    info: Info, data: Annotated[PasswordResetInput, input_argument()]
) -> Payload:
    """The mailed link proves the person, so that the browser becomes a known one of theirs."""
    ctx = info.context
    owner = await find_reset_owner(data.token)
    revoked: tuple[ApiKeyId, ...] | None = None if data.revoke_api_keys else ()
    await reset_password(data.token, data.new_password, revoked_keys=revoked)
    if owner is not None:
        ctx.devices = await remember_device(owner, ctx.request_context.devices)
    return Payload()


async def resolve_email_verify(
    token: Annotated[str, argument("Out of the mailed link.")],
) -> Payload:
    await verify_email(token)
    return Payload()
