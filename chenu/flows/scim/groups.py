"""Groups of a directory: a change gives its people their roles."""

import msgspec

from chenu.accounts.members import lock_account
from chenu.core import db
from chenu.core.errors import Invalid, LimitReached
from chenu.core.i18n import mark
from chenu.flows.scim.people import follow_groups, record, require_revision
from chenu.scim.entries import list_entries_by_id
from chenu.scim.groups import (
    Belonging,
    GroupRow,
    change_group,
    delete_group,
    get_group,
    insert_group,
    list_belongings_of_groups,
    list_groups,
    set_members,
)
from chenu.scim.model import (
    MOST_MEMBERS,
    Caller,
    EntryId,
    GroupId,
    SaidOfGroup,
    Span,
    Wanted,
)
from chenu.sso.connections import get_connection


class GroupView(msgspec.Struct, frozen=True):
    row: GroupRow
    members: tuple[Belonging, ...]


async def show_groups(caller: Caller, wanted: Wanted, span: Span) -> list[GroupView]:
    rows = await list_groups(caller.connection_id, wanted, span)
    members = await list_belongings_of_groups([row.id for row in rows])
    return [GroupView(row, tuple(members.get(row.id, ()))) for row in rows]


async def show_group(caller: Caller, group_id: GroupId) -> GroupView:
    """Raises NotFound."""
    row = await get_group(caller.connection_id, group_id)
    members = await list_belongings_of_groups([group_id])
    return GroupView(row, tuple(members.get(group_id, ())))


async def create_group(caller: Caller, said: SaidOfGroup) -> GroupId:
    """Raises Invalid for a member that is no user here, AlreadyExists, LimitReached."""

    async def write() -> GroupId:
        await lock_account(caller.account_id)
        await _check_members(caller, said)
        row = await insert_group(caller, said)
        await record(caller, "scim.group.create", row.id)
        await _set_members(caller, row.id, said.members)
        return row.id

    return await db.run_in_transaction(write)


async def change_group_to(
    caller: Caller, group_id: GroupId, said: SaidOfGroup, revision: int | None = None
) -> None:
    """Raises NotFound, Invalid, AlreadyExists, LimitReached, StaleEntry."""

    async def write() -> None:
        await lock_account(caller.account_id)
        row = await get_group(caller.connection_id, group_id)
        require_revision(row.revision, revision)
        await _check_members(caller, said)
        await change_group(row, said)
        await record(caller, "scim.group.change", group_id)
        await _set_members(caller, group_id, said.members, also=row.name != said.name)

    await db.run_in_transaction(write)


async def delete_group_of(caller: Caller, group_id: GroupId, revision: int | None = None) -> None:
    """Its people stay. Raises NotFound, StaleEntry."""

    async def write() -> None:
        await lock_account(caller.account_id)
        row = await get_group(caller.connection_id, group_id)
        require_revision(row.revision, revision)
        await _set_members(caller, group_id, ())
        await delete_group(group_id)
        await record(caller, "scim.group.delete", group_id)

    await db.run_in_transaction(write)


async def _check_members(caller: Caller, said: SaidOfGroup) -> None:
    if len(said.members) > MOST_MEMBERS:
        message = mark("A group has at most {count} members here")
        raise LimitReached(message, path=("members",), count=MOST_MEMBERS)
    found = await list_entries_by_id(caller.connection_id, said.members)
    if len(found) < len(set(said.members)):
        raise Invalid("A member of this group is no user of this directory", path=("members",))


async def _set_members(
    caller: Caller, group_id: GroupId, members: tuple[EntryId, ...], *, also: bool = False
) -> None:
    """`also`: the roles of those who stay, because the group has another name."""
    changed = await set_members(group_id, members)
    connection = await get_connection(caller.account_id, caller.connection_id)
    await follow_groups(caller, connection, changed | (set(members) if also else set()))
