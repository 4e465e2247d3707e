"""Signing up, in and out, the own profile, and the mailed links."""

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
from chenu.accounts.sessions import NewSession, find_actor, revoke_session
from chenu.accounts.users import Browser, SignUp, get_user, sign_in, sign_up
from chenu.core.errors import NotFound
from chenu_graphql.context import Context, Info
from chenu_graphql.errors import UserError
from chenu_graphql.fields import argument, field, given, wanted
from chenu_graphql.payloads import Payload, user_errors
from chenu_graphql.people import User
from chenu_graphql.permissions import PARENT


@strawberry.input(description="A new person.")
class SignUpInput:
    email: str = given("The address to sign in with; a link is mailed to it.")
    password: str = given("At least 8 characters, none of the common ones.")
    display_name: str = given("The name for people.")
    locale: str | None = given("'fr' or 'en'; null: the language of the request.")


@strawberry.input(description="Who signs in.")
class SignInInput:
    email: str = given("The address.")
    password: str = given("The password.")


@strawberry.input(description="Only what is given changes.")
class UserUpdateInput:
    display_name: str | None = given("The name for people.")
    locale: str | None = given("'fr' or 'en'.")
    email: str | None = given("Takes effect when the link mailed to it is opened.")
    current_password: str | None = given(
        "The one in use: a new address needs it, unless this session is younger than 10 minutes."
    )


@strawberry.input(description="A new password; every other session ends.")
class PasswordChangeInput:
    current_password: str = given("The one in use.")
    new_password: str = given("At least 8 characters, none of the common ones.")


@strawberry.input(description="A new password by a mailed link; all sessions end.")
class PasswordResetInput:
    token: str = given("Out of the mailed link.")
    new_password: str = given("At least 8 characters, none of the common ones.")
    revoke_api_keys: bool | None = given(
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
    )


async def _enter(ctx: Context, session: NewSession) -> Payload:
    """Adopt the new session in this answer already; the old one, if any, is over."""
    await _leave(ctx)
    settings = ctx.services.settings
    actor = await find_actor(session.token, ctx.request_context.ip)
    if actor is None:
        raise RuntimeError("a session that was just opened is not found")
    ctx.devices = await renew_device(session.owner, ctx.devices or ctx.request_context.devices)
    ctx.become(actor)
    ctx.cookies.append(session_cookie(settings, session.token))
    return await _describe(ctx)


async def _leave(ctx: Context) -> None:
    actor = ctx.actor
    if actor.user_id is not None and actor.session_id is not None:
        with suppress(NotFound):  # it ended a moment before
            await revoke_session(actor.user_id, actor.session_id)
        ctx.devices = await remember_device(actor.user_id, ctx.request_context.devices)


async def _describe(ctx: Context) -> Payload:
    return Payload(user=await get_user(ctx.actor.require_user()), csrf_token=ctx.csrf_token)


async def start(info: Info, data: Annotated[SignUpInput, wanted()]) -> Payload:
    """A person with a personal account, signed in."""
    ctx = info.context
    locale = data.locale if data.locale is not None else ctx.locale
    entered = SignUp(data.email, data.password, data.display_name, locale)
    at_once = ctx.services.settings.verifies_at_once
    return await _enter(ctx, await sign_up(entered, _browser(ctx), verify_at_once=at_once))


async def enter(info: Info, data: Annotated[SignInInput, wanted()]) -> Payload:
    ctx = info.context
    return await _enter(ctx, await sign_in(data.email, data.password, _browser(ctx)))


async def leave(info: Info) -> Payload:
    """Nobody in particular has left already."""
    ctx = info.context
    await _leave(ctx)
    ctx.become(ANONYMOUS)
    ctx.cookies.append(session_cookie(ctx.services.settings, None))
    return Payload()


async def update(info: Info, data: Annotated[UserUpdateInput, wanted()]) -> Payload:
    ctx = info.context
    change = ProfileChange(data.display_name, data.locale, data.email, data.current_password)
    await update_profile(ctx.actor, change)
    return await _describe(ctx)


async def change(info: Info, data: Annotated[PasswordChangeInput, wanted()]) -> Payload:
    await change_password(info.context.actor, data.current_password, data.new_password)
    return Payload()


async def request_reset(
    info: Info, email: Annotated[str, argument("The address to mail a link to.")]
) -> Payload:
    await request_password_reset(email, info.context.request_context.ip)
    return Payload()


async def reset(info: Info, data: Annotated[PasswordResetInput, wanted()]) -> Payload:
    """Whoever holds the link has proved enough: the browser is one of the person's."""
    ctx = info.context
    owner = await find_reset_owner(data.token)
    revoked: tuple[ApiKeyId, ...] | None = None if data.revoke_api_keys else ()
    await reset_password(data.token, data.new_password, revoked_keys=revoked)
    if owner is not None:
        ctx.devices = await remember_device(owner, ctx.request_context.devices)
    return Payload()


async def verify(token: Annotated[str, argument("Out of the mailed link.")]) -> Payload:
    await verify_email(token)
    return Payload()
