"""Groups of a directory: rows."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

import msgspec

from chenu.accounts.actor import AccountId
from chenu.core import db
from chenu.core.clock import system_now
from chenu.core.errors import AlreadyExists, LimitReached, NotFound
from chenu.core.i18n import mark
from chenu.core.ids import new_id
from chenu.core.rows import Columns, update
from chenu.scim.model import MOST_GROUPS, Caller, EntryId, GroupId, SaidOfGroup, Span, Wanted
from chenu.scim.tables import ScimGroup
from chenu.sso.model import ConnectionId


class GroupRow(msgspec.Struct, frozen=True):
    id: GroupId
    account_id: AccountId
    connection_id: ConnectionId
    name: str
    external_id: str | None
    revision: int
    created_at: datetime
    updated_at: datetime


class Belonging(msgspec.Struct, frozen=True):
    """Somebody in a group, with both names."""

    group_id: GroupId
    group_name: str
    entry_id: EntryId
    user_name: str


_COLUMNS = Columns(GroupRow, ScimGroup, account_id="account", connection_id="connection")
_SELECT = f"SELECT {_COLUMNS.select()} FROM scim_group"  # noqa: S608 - own columns
_MATCHES = {
    None: "true OR $2 = ''",
    "id": "id::text = lower($2)",
    "displayName": "lower(name) = lower($2)",
    "externalId": "external_id = $2",
}
FIELDS = tuple(field for field in _MATCHES if field is not None)
"""What a filter may name."""


async def get_group(connection_id: ConnectionId, group_id: GroupId) -> GroupRow:
    """Raises NotFound, also for another connection's."""
    sql = f"{_SELECT} WHERE id = $2 AND connection = $1"
    found = await db.find_one(GroupRow, sql, connection_id, group_id)
    if found is None:
        raise NotFound("There is no such group in this directory")
    return found


async def list_groups(connection_id: ConnectionId, wanted: Wanted, span: Span) -> list[GroupRow]:
    """In the order in which they were made."""
    sql = f"{_SELECT} WHERE {_condition(wanted)} ORDER BY id LIMIT $3 OFFSET $4"
    given = (connection_id, wanted.value, span.count, span.start - 1)
    return await db.fetch_all(GroupRow, sql, *given)


async def count_groups(connection_id: ConnectionId, wanted: Wanted) -> int:
    sql = f"SELECT count(*) FROM scim_group WHERE {_condition(wanted)}"  # noqa: S608 - own text
    return int(await db.fetch_value(sql, connection_id, wanted.value))


def _condition(wanted: Wanted) -> str:
    return f"connection = $1 AND ({_MATCHES[wanted.field]})"


async def insert_group(caller: Caller, said: SaidOfGroup) -> GroupRow:
    """Without its members. Raises AlreadyExists, LimitReached."""
    now = system_now()
    await _require_free_name(caller.connection_id, said.name, None)
    if await count_groups(caller.connection_id, Wanted()) >= MOST_GROUPS:
        message = mark("A directory has at most {count} groups here")
        raise LimitReached(message, count=MOST_GROUPS)
    group_id = GroupId(new_id())
    owner = (caller.account_id, caller.connection_id)
    row = GroupRow(group_id, *owner, said.name, said.external_id, 1, now, now)
    await _COLUMNS.insert(row)
    return row


async def change_group(row: GroupRow, said: SaidOfGroup) -> None:
    """Without its members. Raises AlreadyExists."""
    await _require_free_name(row.connection_id, said.name, row.id)
    changes = {"name": said.name, "external_id": said.external_id}
    grown = {"revision": row.revision + 1, "updated_at": system_now()}
    await update(ScimGroup, row.id, {**changes, **grown})


async def delete_group(group_id: GroupId) -> None:
    await db.execute("DELETE FROM scim_group_member WHERE group_id = $1", group_id)
    await db.execute("DELETE FROM scim_group WHERE id = $1", group_id)


async def _require_free_name(connection_id: ConnectionId, name: str, but: GroupId | None) -> None:
    sql = """
        SELECT 1 FROM scim_group
        WHERE connection = $1 AND lower(name) = lower($2) AND id IS DISTINCT FROM $3
    """
    if await db.fetch_value(sql, connection_id, name, but):
        raise AlreadyExists("This directory has a group of this name already", path=("name",))


async def set_members(group_id: GroupId, members: Collection[EntryId]) -> set[EntryId]:
    """Returns those who came and those who went."""
    sql = "SELECT entry FROM scim_group_member WHERE group_id = $1"
    before = {EntryId(each["entry"]) for each in await db.fetch_records(sql, group_id)}
    went, came = before - set(members), set(members) - before
    sql = "DELETE FROM scim_group_member WHERE group_id = $1 AND entry = ANY($2)"
    await db.execute(sql, group_id, list(went))
    sql = """
        INSERT INTO scim_group_member (id, group_id, entry)
        SELECT id, $1, entry FROM unnest($2::uuid[], $3::uuid[]) AS new (id, entry)
    """
    await db.execute(sql, group_id, [new_id() for _ in came], list(came))
    return went | came


async def list_belongings_of_groups(
    group_ids: Collection[GroupId],
) -> dict[GroupId, list[Belonging]]:
    found: dict[GroupId, list[Belonging]] = defaultdict(list)
    for each in await _list_belongings("b.group_id", group_ids):
        found[each.group_id].append(each)
    return found


async def list_belongings_of_entries(
    entry_ids: Collection[EntryId],
) -> dict[EntryId, list[Belonging]]:
    found: dict[EntryId, list[Belonging]] = defaultdict(list)
    for each in await _list_belongings("b.entry", entry_ids):
        found[each.entry_id].append(each)
    return found


async def _list_belongings(
    column: str, ids: Collection[GroupId] | Collection[EntryId]
) -> list[Belonging]:
    sql = f"""
        SELECT b.group_id, g.name AS group_name, b.entry AS entry_id, e.user_name
        FROM scim_group_member b JOIN scim_group g ON g.id = b.group_id
        JOIN scim_entry e ON e.id = b.entry
        WHERE {column} = ANY($1) ORDER BY b.id
    """  # noqa: S608 - own text
    return await db.fetch_all(Belonging, sql, list(ids))
