"""Invitations into an account: a link by mail, sent by its owner, that its reader accepts once.

Whether somebody has the address is told to nobody: known or not, the same is sent and answered.
The mail says nothing that a person wrote; the page behind its link says whose account it is.
"""

from datetime import datetime, timedelta
from typing import NewType
from uuid import UUID

import msgspec

from chenu.accounts import attempts, audit, tables
from chenu.accounts.actor import AccountId, AccountRole, Actor
from chenu.accounts.confirmation import require_session_still
from chenu.accounts.credentials import hash_token, new_token
from chenu.accounts.errors import SeatsTaken
from chenu.accounts.mail_tokens import bad_link
from chenu.accounts.members import (
    SeatedAccount,
    count_members,
    lock_account,
    lock_as_owner,
    read_given_role,
)
from chenu.accounts.roles import Right
from chenu.accounts.sessions import choose_account
from chenu.accounts.users import add_member, find_user_by_email, get_user, send_welcome
from chenu.accounts.validation import check_email, normalise_email
from chenu.core import db
from chenu.core.clock import business_now, system_now
from chenu.core.errors import (
    AlreadyExists,
    InvalidState,
    LimitReached,
    NotFound,
    reject_if_any,
)
from chenu.core.i18n import mark
from chenu.core.ids import new_id
from chenu.core.mail import MailKind, queue_mail
from chenu.core.rows import Columns

InvitationId = NewType("InvitationId", UUID)

LIFE = timedelta(days=7)
MOST_OPEN = 50
_OPEN = "accepted_at IS NULL AND revoked_at IS NULL"


class Invitation(msgspec.Struct, frozen=True):
    """One that was neither accepted nor revoked."""

    id: InvitationId
    account_id: AccountId
    email: str
    role_code: str
    sent_at: datetime
    expires_at: datetime

    @property
    def is_expired(self) -> bool:
        return self.expires_at <= system_now()


class InvitationOffer(msgspec.Struct, frozen=True):
    """What the page behind the link says."""

    account_name: str
    inviter: str
    role_code: str


_COLUMNS = Columns(Invitation, tables.Invitation, account_id="account", role_code="role").select()
_SELECT = f"SELECT {_COLUMNS} FROM invitation"  # noqa: S608 - own columns


async def list_invitations(account_id: AccountId) -> list[Invitation]:
    """Those that are open, expired ones included, the newest first."""
    sql = f"{_SELECT} WHERE account = $1 AND {_OPEN} ORDER BY id DESC LIMIT {MOST_OPEN}"
    return await db.fetch_all(Invitation, sql, account_id)


async def invite(actor: Actor, email: str, role: str) -> None:
    """Send a link; an address that was invited before gets a new one, and the old one ends.

    Raises Invalid, SeatsTaken, LimitReached, AlreadyExists, Unverified, RateLimited.
    """
    email = normalise_email(email)
    reject_if_any(check_email(email))
    wanted = read_given_role(role)
    actor.require_right(Right.MANAGE_MEMBERS)
    actor.require_verified()

    async def write() -> None:
        account = await lock_as_owner(actor)
        await _count_mail(actor, email)
        await _require_outside(account, email)
        await _require_seat(account)
        await _require_room(account.id, email)
        await _send(actor, account.id, email, wanted)

    await db.run_in_transaction(write)


async def send_invitation_again(actor: Actor, invitation_id: InvitationId) -> None:
    """With a new link, and as much time again. Raises NotFound, RateLimited, SeatsTaken."""

    async def write() -> None:
        account = await lock_as_owner(actor)
        found = await _get_open(account.id, invitation_id)
        await _count_mail(actor, found.email)
        await _require_seat(account)
        await _send(actor, account.id, found.email, AccountRole(found.role_code))

    await db.run_in_transaction(write)


async def revoke_invitation(actor: Actor, invitation_id: InvitationId) -> None:
    """Its link works no more. Raises NotFound."""

    async def write() -> None:
        account = await lock_as_owner(actor)
        found = await _get_open(account.id, invitation_id)
        sql = "UPDATE invitation SET revoked_at = $2 WHERE id = $1"
        await db.execute(sql, found.id, business_now())
        await audit.record(actor, "invitation.revoke", found.id)

    await db.run_in_transaction(write)


async def _get_open(account_id: AccountId, invitation_id: InvitationId) -> Invitation:
    sql = f"{_SELECT} WHERE account = $1 AND id = $2 AND {_OPEN}"
    found = await db.find_one(Invitation, sql, account_id, invitation_id)
    if found is None:
        raise NotFound("There is no such invitation")
    return found


async def _count_mail(actor: Actor, email: str) -> None:
    await attempts.count_attempt(attempts.MAIL_PER_IP, actor.ip)
    await attempts.count_attempt(attempts.INVITE_PER_SENDER, str(actor.require_user()))
    await attempts.count_attempt(attempts.INVITE_PER_EMAIL, email)


async def _require_outside(account: SeatedAccount, email: str) -> None:
    """Of its own members the owner knows the addresses."""
    sql = """
        SELECT 1 FROM membership m JOIN app_user u ON u.id = m.member
        WHERE m.account = $1 AND u.email = $2
    """
    if await db.fetch_value(sql, account.id, email):
        raise AlreadyExists("This person is a member of the account already", path=("email",))


async def _require_seat(account: SeatedAccount) -> None:
    if account.seats is not None and await count_members(account.id) >= account.seats:
        message = mark(
            "All seats of this account are taken ({count}): remove a member first, or choose a "
            "plan with more seats"
        )
        raise SeatsTaken(message, count=account.seats)


async def _require_room(account_id: AccountId, email: str) -> None:
    sql = f"SELECT count(*) FROM invitation WHERE account = $1 AND email <> $2 AND {_OPEN}"  # noqa: S608 - own text
    if await db.fetch_value(sql, account_id, email) >= MOST_OPEN:
        message = mark("At most {count} invitations wait at a time: revoke one first")
        raise LimitReached(message, count=MOST_OPEN)


async def _send(actor: Actor, account_id: AccountId, email: str, role: AccountRole) -> None:
    """The same statements whether somebody has the address or not."""
    token, invitation_id = new_token(), new_id()
    sql = f"""
        INSERT INTO invitation
            (id, token_hash, account, email, role, invited_by, sent_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (account, email) WHERE {_OPEN} DO UPDATE SET
            token_hash = excluded.token_hash, role = excluded.role, sent_at = excluded.sent_at,
            invited_by = excluded.invited_by, expires_at = excluded.expires_at
    """  # noqa: S608 - own text
    sender = actor.require_user()
    times = (business_now(), system_now() + LIFE)
    row = (invitation_id, hash_token(token), account_id, email, role, sender, *times)
    await db.execute(sql, *row)
    known = await find_user_by_email(email)
    locale = actor.locale if known is None else known.locale
    key = f"invitation:{invitation_id}"
    await queue_mail(MailKind.INVITATION, email, locale, key, {"token": token})
    await audit.record(actor, "invitation.send", account_id, role=role)


async def find_invitation(token: str) -> InvitationOffer | None:
    """None for a link that is not good."""
    sql = f"""
        SELECT a.name AS account_name, u.display_name AS inviter, i.role AS role_code
        FROM invitation i JOIN account a ON a.id = i.account JOIN app_user u ON u.id = i.invited_by
        WHERE i.token_hash = $1 AND {_OPEN} AND i.expires_at > $2
    """  # noqa: S608 - own text
    return await db.find_one(InvitationOffer, sql, hash_token(token), system_now())


async def accept_invitation(actor: Actor, token: str) -> AccountId:
    """The person who reads the invited address joins, and this session acts for the account.

    Having the link proves the address. Raises Invalid for a link that is not good, InvalidState
    for a person with another address, SeatsTaken, AlreadyExists.
    """
    actor.require_user()

    async def write() -> AccountId:
        account = await lock_account((await _get_invited(token)).account_id)
        await require_session_still(actor)
        await _join(actor, account, await _get_invited(token))  # as it is behind the lock
        return account.id

    return await db.run_in_transaction(write)


async def _get_invited(token: str) -> Invitation:
    """Raises Invalid for a link that is not good."""
    sql = f"{_SELECT} WHERE token_hash = $1 AND {_OPEN} AND expires_at > $2"
    found = await db.find_one(Invitation, sql, hash_token(token), system_now())
    if found is None:
        raise bad_link()
    return found


async def _join(actor: Actor, account: SeatedAccount, invitation: Invitation) -> None:
    person = await get_user(actor.require_user())
    if person.email != invitation.email:
        raise InvalidState(
            "This invitation was sent to another address: sign in with that one to accept it"
        )
    await add_member(account.id, person.id, AccountRole(invitation.role_code))
    if account.seats is not None and await count_members(account.id) > account.seats:
        raise SeatsTaken(
            "All seats of this account are taken: its owner has to free one before you can join"
        )
    now = business_now()
    await db.execute("UPDATE invitation SET accepted_at = $2 WHERE id = $1", invitation.id, now)
    sql = "UPDATE app_user SET email_verified_at = $2 WHERE id = $1 AND email_verified_at IS NULL"
    if await db.execute(sql, person.id, now):
        await send_welcome(await get_user(person.id))
    await choose_account(actor, account.id)
    await audit.record(actor, "invitation.accept", account.id, role=invitation.role_code)
