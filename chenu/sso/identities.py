"""Who came by which connection, and who is about to: rows."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import msgspec

from chenu.accounts.actor import AccountRole, UserId
from chenu.accounts.credentials import hash_token, new_token
from chenu.core import db
from chenu.core.clock import business_now, system_now
from chenu.core.errors import Invalid
from chenu.core.ids import new_id
from chenu.core.rows import Columns, insert
from chenu.sso.model import JOIN_LIFE, ConnectionId, IdentityId, VerifiedIdentity
from chenu.sso.tables import SsoIdentity, SsoJoin


class IdentityRow(msgspec.Struct, frozen=True):
    """`left_at`: the person has left the directory."""

    id: IdentityId
    connection: ConnectionId
    subject: str
    member: UserId
    email: str
    created_at: datetime
    last_seen_at: datetime
    left_at: datetime | None


class ConnectionMember(msgspec.Struct, frozen=True):
    """Somebody whom a connection knows."""

    connection: ConnectionId
    member: UserId


_COLUMNS = Columns(IdentityRow, SsoIdentity)
_SELECT = f"SELECT {_COLUMNS.select()} FROM sso_identity"  # noqa: S608 - own columns


async def find_identity(connection_id: ConnectionId, subject: str) -> IdentityRow | None:
    sql = f"{_SELECT} WHERE connection = $1 AND subject = $2"
    return await db.find_one(IdentityRow, sql, connection_id, subject)


async def find_identity_of(connection_id: ConnectionId, user_id: UserId) -> IdentityRow | None:
    sql = f"{_SELECT} WHERE connection = $1 AND member = $2"
    return await db.find_one(IdentityRow, sql, connection_id, user_id)


async def list_people_of(connections: Collection[ConnectionId]) -> list[ConnectionMember]:
    """Who comes by them: not those who have left the directory."""
    sql = """
        SELECT connection, member FROM sso_identity
        WHERE connection = ANY($1) AND left_at IS NULL
    """
    return await db.fetch_all(ConnectionMember, sql, list(connections))


async def list_identities_of(user_id: UserId) -> list[IdentityRow]:
    return await db.fetch_all(IdentityRow, f"{_SELECT} WHERE member = $1 ORDER BY id", user_id)


async def insert_identity(
    connection_id: ConnectionId, identity: VerifiedIdentity, user_id: UserId
) -> None:
    values = {
        "id": new_id(),
        "connection": connection_id,
        "subject": identity.subject,
        "member": user_id,
        "email": identity.email,
        "created_at": business_now(),
        "last_seen_at": system_now(),
    }
    await insert(SsoIdentity, values)


async def record_seen(identity_id: IdentityId, email: str) -> None:
    sql = "UPDATE sso_identity SET email = $2, last_seen_at = $3 WHERE id = $1"
    await db.execute(sql, identity_id, email, system_now())


class JoinRow(msgspec.Struct, frozen=True):
    """Somebody who proves their mailbox by this link, and their password beside it."""

    id: UUID
    connection: ConnectionId
    member: UserId
    subject: str
    email: str
    role: AccountRole


async def begin_join(
    connection_id: ConnectionId, identity: VerifiedIdentity, user_id: UserId, role: AccountRole
) -> str:
    """The token of the link that is mailed; earlier ones of the connection end."""
    now, token = system_now(), new_token()
    sql = """
        UPDATE sso_join SET used_at = $3
        WHERE connection = $1 AND member = $2 AND used_at IS NULL
    """
    await db.execute(sql, connection_id, user_id, now)
    values = {
        "id": new_id(),
        "token_hash": hash_token(token),
        "connection": connection_id,
        "member": user_id,
        "subject": identity.subject,
        "email": identity.email,
        "role": role.value,
        "created_at": now,
        "expires_at": now + JOIN_LIFE,
    }
    await insert(SsoJoin, values)
    return token


_GOOD = "token_hash = $1 AND used_at IS NULL AND expires_at > $2"
_JOIN = "id, connection, member, subject, email, role"


async def find_join(token: str) -> JoinRow | None:
    """None for a link that works no more."""
    sql = f"SELECT {_JOIN} FROM sso_join WHERE {_GOOD}"  # noqa: S608 - own text
    return await db.find_one(JoinRow, sql, hash_token(token), system_now())


async def use_join(token: str) -> JoinRow:
    """Once. Part of the caller's transaction. Raises Invalid."""
    sql = f"UPDATE sso_join SET used_at = $2 WHERE {_GOOD} RETURNING {_JOIN}"  # noqa: S608
    found = await db.find_one(JoinRow, sql, hash_token(token), system_now())
    if found is None:
        raise Invalid("This link was used before or has expired", path=("token",))
    return found
