"""People of a directory: rows. What becomes of them as members is in chenu/flows/scim."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

import msgspec

from chenu.accounts.actor import AccountId, UserId
from chenu.core import db
from chenu.core.clock import system_now
from chenu.core.errors import AlreadyExists, LimitReached, NotFound
from chenu.core.i18n import mark
from chenu.core.ids import new_id
from chenu.core.rows import Columns, update
from chenu.scim.model import MOST_ENTRIES, Caller, EntryId, SaidOfPerson, Span, Wanted
from chenu.scim.tables import ScimEntry
from chenu.sso.identities import ConnectionMember
from chenu.sso.model import ConnectionId


class EntryRow(msgspec.Struct, frozen=True):
    id: EntryId
    account_id: AccountId
    connection_id: ConnectionId
    user_name: str
    external_id: str | None
    display_name: str
    given_name: str
    family_name: str
    email: str
    is_active: bool
    member: UserId | None
    revision: int
    created_at: datetime
    updated_at: datetime


_COLUMNS = Columns(EntryRow, ScimEntry, account_id="account", connection_id="connection")
_SELECT = f"SELECT {_COLUMNS.select()} FROM scim_entry"  # noqa: S608 - own columns
_MATCHES = {
    None: "true OR $2 = ''",
    "id": "id::text = lower($2)",
    "userName": "lower(user_name) = lower($2)",
    "externalId": "external_id = $2",
    "emails.value": "email = lower($2)",
}
FIELDS = tuple(field for field in _MATCHES if field is not None)
"""What a filter may name."""


async def get_entry(connection_id: ConnectionId, entry_id: EntryId) -> EntryRow:
    """Raises NotFound, also for another connection's."""
    sql = f"{_SELECT} WHERE id = $2 AND connection = $1"
    found = await db.find_one(EntryRow, sql, connection_id, entry_id)
    if found is None:
        raise NotFound("There is no such user in this directory")
    return found


async def list_entries(connection_id: ConnectionId, wanted: Wanted, span: Span) -> list[EntryRow]:
    """In the order in which they were made."""
    sql = f"{_SELECT} WHERE {_condition(wanted)} ORDER BY id LIMIT $3 OFFSET $4"
    given = (connection_id, wanted.value, span.count, span.start - 1)
    return await db.fetch_all(EntryRow, sql, *given)


async def count_entries(connection_id: ConnectionId, wanted: Wanted) -> int:
    sql = f"SELECT count(*) FROM scim_entry WHERE {_condition(wanted)}"  # noqa: S608 - own text
    return int(await db.fetch_value(sql, connection_id, wanted.value))


def _condition(wanted: Wanted) -> str:
    return f"connection = $1 AND ({_MATCHES[wanted.field]})"


async def list_entries_by_id(
    connection_id: ConnectionId, entry_ids: Collection[EntryId]
) -> list[EntryRow]:
    """Those that there are, in no particular order."""
    sql = f"{_SELECT} WHERE connection = $1 AND id = ANY($2)"
    return await db.fetch_all(EntryRow, sql, connection_id, list(entry_ids))


async def find_entry_of_mailbox(connection_id: ConnectionId, email: str) -> EntryRow | None:
    sql = f"{_SELECT} WHERE connection = $1 AND email = $2 ORDER BY id LIMIT 1"
    return await db.find_one(EntryRow, sql, connection_id, email)


async def list_members_of(connections: Collection[ConnectionId]) -> list[ConnectionMember]:
    """Whom their directories have made members, whether they have come or not."""
    sql = """
        SELECT connection, member FROM scim_entry
        WHERE connection = ANY($1) AND is_active AND member IS NOT NULL
    """
    return await db.fetch_all(ConnectionMember, sql, list(connections))


async def insert_entry(caller: Caller, said: SaidOfPerson) -> EntryRow:
    """Raises AlreadyExists, LimitReached."""
    now = system_now()
    await _require_free_name(caller.connection_id, said, None)
    if await count_entries(caller.connection_id, Wanted()) >= MOST_ENTRIES:
        message = mark("A directory has at most {count} users here")
        raise LimitReached(message, count=MOST_ENTRIES)
    row = EntryRow(
        id=EntryId(new_id()),
        account_id=caller.account_id,
        connection_id=caller.connection_id,
        **_said(said),
        member=None,
        revision=1,
        created_at=now,
        updated_at=now,
    )
    await _COLUMNS.insert(row)
    return row


async def change_entry(row: EntryRow, said: SaidOfPerson) -> None:
    """Raises AlreadyExists."""
    await _require_free_name(row.connection_id, said, row.id)
    changes = {"revision": row.revision + 1, "updated_at": system_now()}
    await update(ScimEntry, row.id, {**_said(said), **changes})


async def set_member(entry_id: EntryId, member: UserId) -> None:
    await update(ScimEntry, entry_id, {"member": member})


async def delete_entry(entry_id: EntryId) -> None:
    await db.execute("DELETE FROM scim_group_member WHERE entry = $1", entry_id)
    await db.execute("DELETE FROM scim_entry WHERE id = $1", entry_id)


async def _require_free_name(
    connection_id: ConnectionId, said: SaidOfPerson, but: EntryId | None
) -> None:
    """One entry for a name, and one for a mailbox: two would give one member two states."""
    sql = """
        SELECT 1 FROM scim_entry
        WHERE connection = $1 AND (lower(user_name) = lower($2) OR email = $3)
            AND id IS DISTINCT FROM $4
    """
    if await db.fetch_value(sql, connection_id, said.user_name, said.email, but):
        raise AlreadyExists(
            "This directory has a user with this userName or mailbox already", path=("user_name",)
        )


def _said(said: SaidOfPerson) -> dict[str, Any]:
    return {name: getattr(said, name) for name in SaidOfPerson.__struct_fields__}
