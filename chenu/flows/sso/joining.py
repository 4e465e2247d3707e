"""Whom a provider has verified is signed in: one way for every kind of connection.

Nobody is taken over by a mailbox: who has been here before proves it by a mailed link, and their
password beside it, before a provider signs them in. docs/decisions/0080.
"""

import msgspec
from msgspec.structs import replace

from chenu.accounts import audit
from chenu.accounts.actor import ANONYMOUS, AccountRole, Actor, ActorKind, UserId
from chenu.accounts.members import (
    SeatedAccount,
    count_members,
    find_role,
    lock_account,
    set_role,
)
from chenu.accounts.sessions import NewSession, choose_account, open_session
from chenu.accounts.users import (
    Browser,
    User,
    add_member,
    create_user,
    find_user_by_email,
    get_user,
    send_welcome,
)
from chenu.core import db
from chenu.core.ids import new_id
from chenu.core.mail import MailKind, queue_mail
from chenu.core.mail_params import ResetParams
from chenu.flows.sso.availability import require_own_domain, require_signing_in
from chenu.flows.sso.from_directory import is_made_by_directory, require_in_directory
from chenu.sso.connections import ConnectionRow, get_connection
from chenu.sso.errors import SsoRefused
from chenu.sso.identities import (
    IdentityRow,
    begin_join,
    find_identity,
    find_identity_of,
    insert_identity,
    record_seen,
)
from chenu.sso.model import Refusal, VerifiedIdentity


class SignedIn(msgspec.Struct, frozen=True):
    """The session acts for the account of the connection."""

    session: NewSession


class LinkMailed(msgspec.Struct, frozen=True):
    """The person has been here before: the mail says how they join."""

    email: str


async def sign_in_verified(
    connection: ConnectionRow, identity: VerifiedIdentity, browser: Browser
) -> SignedIn | LinkMailed:
    """One transaction, under the lock of the account. Raises SsoRefused."""

    async def write() -> SignedIn | LinkMailed:
        account = await lock_account(connection.account_id)
        now = await get_connection(connection.account_id, connection.id)
        await require_signing_in(now)
        await require_own_domain(account.id, identity)
        await require_in_directory(now.id, identity.email)
        known = await find_identity(now.id, identity.subject)
        if known is not None:
            return await _come_back(account, now, known, identity, browser)
        person = await find_user_by_email(identity.email)
        if person is not None and await is_made_by_directory(now.id, identity.email, person.id):
            return await _come_from_directory(account, now, person, identity, browser)
        if person is not None:
            return await _mail_link(now, person, identity, account)
        return await _come_first(account, now, identity, browser)

    return await db.run_in_transaction(write)


async def _come_back(
    account: SeatedAccount,
    connection: ConnectionRow,
    known: IdentityRow,
    identity: VerifiedIdentity,
    browser: Browser,
) -> SignedIn:
    role = await find_role(account.id, known.member)
    if known.left_at is not None or role is None:
        raise SsoRefused(Refusal.MEMBER_REMOVED)
    await record_seen(known.id, identity.email)
    wanted = connection.role_of(identity.groups)
    if connection.roles and role not in (AccountRole.OWNER, wanted):
        await set_role(account.id, known.member, wanted)
        acting = _actor(connection, known.member, browser)
        await audit.record(acting, "member.role", known.member, role=wanted, by="sso")
    return await _enter(connection, known.member, browser)


async def _come_first(
    account: SeatedAccount, connection: ConnectionRow, identity: VerifiedIdentity, browser: Browser
) -> SignedIn:
    """A person whom nobody knew: their mailbox is verified by the provider of its domain."""
    user_id = await create_user(
        identity.email, identity.display_name, browser.locale, "", verified=True
    )
    await join_account(account, connection, identity, user_id, browser)
    await send_welcome(await get_user(user_id))
    return await _enter(connection, user_id, browser)


async def _come_from_directory(
    account: SeatedAccount,
    connection: ConnectionRow,
    person: User,
    identity: VerifiedIdentity,
    browser: Browser,
) -> SignedIn:
    if await find_identity_of(connection.id, person.id) is not None:
        raise SsoRefused(Refusal.OTHER_IDENTITY)
    if await find_role(account.id, person.id) is None:
        raise SsoRefused(Refusal.MEMBER_REMOVED)
    await join_account(account, connection, identity, person.id, browser)
    return await _enter(connection, person.id, browser)


async def join_account(
    account: SeatedAccount,
    connection: ConnectionRow,
    identity: VerifiedIdentity,
    user_id: UserId,
    browser: Browser,
) -> None:
    """As a member, within the seats, with the role of the table. In the caller's transaction.

    Raises SsoRefused.
    """
    if await find_role(account.id, user_id) is None:
        if account.seats is not None and await count_members(account.id) >= account.seats:
            raise SsoRefused(Refusal.SEATS_TAKEN)
        await add_member(account.id, user_id, connection.role_of(identity.groups))
    await insert_identity(connection.id, identity, user_id)
    acting = _actor(connection, user_id, browser)
    await audit.record(acting, "sso.join", user_id, connection=str(connection.id))


async def _mail_link(
    connection: ConnectionRow, person: User, identity: VerifiedIdentity, account: SeatedAccount
) -> LinkMailed:
    if await find_identity_of(connection.id, person.id) is not None:
        raise SsoRefused(Refusal.OTHER_IDENTITY)
    role = connection.role_of(identity.groups)
    token = await begin_join(connection.id, identity, person.id, role)
    params = ResetParams(token=token, name=person.mail_name)
    key = f"sso-join:{new_id()}"
    await queue_mail(MailKind.SSO_JOIN, person.email, person.locale, key, params)
    return LinkMailed(identity.email)


async def enter_account(connection: ConnectionRow, user_id: UserId, browser: Browser) -> NewSession:
    """A session that acts for the connection's account. In the caller's transaction."""
    session = await open_session(user_id, browser.user_agent, browser.ip)
    acting = replace(_actor(connection, user_id, browser), session_id=session.id)
    await choose_account(acting, connection.account_id)
    await audit.record(acting, "sso.sign_in", user_id, connection=str(connection.id))
    return session


async def _enter(connection: ConnectionRow, user_id: UserId, browser: Browser) -> SignedIn:
    return SignedIn(await enter_account(connection, user_id, browser))


def _actor(connection: ConnectionRow, user_id: UserId, browser: Browser) -> Actor:
    """Whom the audit trail names: the person, in the account that the provider speaks for."""
    return replace(
        ANONYMOUS,
        kind=ActorKind.SESSION,
        user_id=user_id,
        account_id=connection.account_id,
        ip=browser.ip,
    )
