"""Connections are switched on and off, required, and removed, by owners of accounts."""

from enum import StrEnum

from chenu.accounts import audit
from chenu.accounts.actor import AccountId, AccountRole, Actor
from chenu.accounts.confirmation import RECENT, require_fresh
from chenu.accounts.members import list_members, lock_as_owner
from chenu.accounts.password_store import get_password_hash
from chenu.accounts.roles import Right
from chenu.accounts.sessions import revoke_sessions
from chenu.core import db
from chenu.core.errors import InvalidState
from chenu.core.i18n import mark
from chenu.domains.domains import list_proved_names
from chenu.domains.model import NameKind
from chenu.domains.names import domain_of
from chenu.flows.sso.setup import change_locked, require_setting_up
from chenu.scim.forgetting import forget_directory
from chenu.sso.connections import (
    ConnectionRow,
    change_connection,
    delete_connection,
    find_connection_on,
    get_connection,
    set_state,
)
from chenu.sso.identities import list_people_of
from chenu.sso.model import ConnectionId, ConnectionState

_STILL_REQUIRED = mark(
    "Your people have no other way to sign in: allow passwords again before you remove it"
)
_NO_PASSWORD = mark(
    "You have no password, which is the way in when your provider is away: set one first by the"
    " link for forgotten passwords"
)


class ProviderMode(StrEnum):
    """REQUIRED: switched on, and passwords are off for members of the mail domains."""

    OFF = "OFF"
    ON = "ON"
    REQUIRED = "REQUIRED"


async def choose_mode(
    actor: Actor, connection_id: ConnectionId, mode: ProviderMode
) -> ConnectionRow:
    """Raises as `switch_on`."""
    if mode is ProviderMode.OFF:
        return await switch_off(actor, connection_id)
    switched = await switch_on(actor, connection_id)
    if mode is ProviderMode.REQUIRED:
        return await require_provider(actor, connection_id)
    return await stop_requiring(actor, connection_id) if switched.is_required else switched


async def switch_on(actor: Actor, connection_id: ConnectionId) -> ConnectionRow:
    """Mailboxes of the account's domains are sent to it from now on.

    Raises Forbidden, PlanRequired, NotFound, InvalidState, SignInAgain.
    """
    require_setting_up(actor)
    await require_fresh(actor, RECENT)

    async def write(connection: ConnectionRow) -> None:
        if connection.is_on:
            return
        if connection.state is not ConnectionState.TRIED:
            raise InvalidState("Please try the connection first: sign in by it once")
        if await find_connection_on(connection.account_id) is not None:
            raise InvalidState("Another connection of this account is on: switch it off first")
        await set_state(connection_id, ConnectionState.ON)
        await audit.record(actor, "sso.on", connection_id)

    return await change_locked(actor, connection_id, write)


async def switch_off(actor: Actor, connection_id: ConnectionId) -> ConnectionRow:
    """Passwords work again, also without the feature. Raises Forbidden, NotFound, SignInAgain."""
    actor.require_right(Right.MANAGE_MEMBERS)
    await require_fresh(actor, RECENT)

    async def write(connection: ConnectionRow) -> None:
        if connection.is_on:
            await change_connection(
                connection_id,
                state=ConnectionState.TRIED.value,
                is_required=False,
                switched_on_at=None,
            )
            await audit.record(actor, "sso.off", connection_id)

    return await change_locked(actor, connection_id, write)


async def remove_connection(actor: Actor, connection_id: ConnectionId) -> None:
    """With who came by it: members stay, and sign in by password.

    Raises as `switch_off`, and InvalidState while it is required: nobody loses the only way in by
    one click.
    """
    actor.require_right(Right.MANAGE_MEMBERS)
    await require_fresh(actor, RECENT)

    async def write() -> None:
        account = await lock_as_owner(actor)
        connection = await get_connection(account.id, connection_id)
        if connection.is_required:
            raise InvalidState(_STILL_REQUIRED)
        await forget_directory(connection.id)
        await delete_connection(connection.id)
        await audit.record(actor, "sso.remove", connection_id, issuer=connection.issuer)

    await db.run_in_transaction(write)


async def require_provider(actor: Actor, connection_id: ConnectionId) -> ConnectionRow:
    """Passwords are off for members of its domains but the owner; their sessions end.

    The owner needs a password: it is the way in when the provider is away. Raises Forbidden,
    PlanRequired, NotFound, InvalidState, SignInAgain.
    """
    account_id = require_setting_up(actor)
    await require_fresh(actor, RECENT)

    async def write(connection: ConnectionRow) -> None:
        if not connection.is_on:
            raise InvalidState("Please switch the connection on first")
        if not await get_password_hash(actor.require_user()):
            raise InvalidState(_NO_PASSWORD)
        if connection.is_required:
            return
        await change_connection(connection_id, is_required=True)
        ended = await _end_sessions(account_id, connection_id)
        await audit.record(actor, "sso.require", connection_id, sessions=ended)

    return await change_locked(actor, connection_id, write)


async def _end_sessions(account_id: AccountId, connection_id: ConnectionId) -> int:
    """Of those whom the requirement is about: they may have been opened by a password."""
    domains = set(await list_proved_names(account_id, NameKind.MAIL))
    known = {each.member for each in await list_people_of([connection_id])}
    return sum(
        [
            await revoke_sessions(member.user_id)
            for member in await list_members(account_id)
            if member.role is not AccountRole.OWNER
            and (member.user_id in known or domain_of(member.email) in domains)
        ]
    )


async def stop_requiring(actor: Actor, connection_id: ConnectionId) -> ConnectionRow:
    """Passwords work again. Raises Forbidden, NotFound, SignInAgain."""
    actor.require_right(Right.MANAGE_MEMBERS)
    await require_fresh(actor, RECENT)

    async def write(connection: ConnectionRow) -> None:
        if connection.is_required:
            await change_connection(connection_id, is_required=False)
            await audit.record(actor, "sso.stop_requiring", connection_id)

    return await change_locked(actor, connection_id, write)
