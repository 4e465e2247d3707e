"""People of a directory become members, are given their role, and leave.

A mailbox has to be of a domain that the account has proved. Somebody unknown becomes a person and
a member at once; who has been here before is only a member once they have joined themselves, by
their mailbox and password: until then their entry is shown as not active. docs/decisions/0083.
"""

from collections.abc import Collection

import msgspec

from chenu.accounts import audit
from chenu.accounts.actor import AccountRole, Actor, ActorKind, UserId
from chenu.accounts.directory_members import (
    give_role,
    join_by_directory,
    leave_by_directory,
    require_seat,
)
from chenu.accounts.members import Member, SeatedAccount, list_members_among, lock_account
from chenu.accounts.users import create_user, find_user_by_email, get_user, send_welcome
from chenu.core import db
from chenu.core.errors import Invalid, InvalidState
from chenu.core.i18n import DEFAULT_LOCALE, mark
from chenu.domains.domains import list_proved_names
from chenu.domains.model import NameKind
from chenu.domains.names import domain_of
from chenu.scim.entries import (
    EntryRow,
    change_entry,
    delete_entry,
    get_entry,
    insert_entry,
    list_entries,
    list_entries_by_id,
    set_member,
)
from chenu.scim.groups import Belonging, list_belongings_of_entries
from chenu.scim.model import Caller, EntryId, SaidOfPerson, Span, Wanted
from chenu.sso.connections import ConnectionRow, get_connection
from chenu.sso.directory import mark_back, mark_left

_DOMAIN = mark(
    "{name} is no mail domain that this account has proved: prove it on the page of sign-in first"
)


class PersonView(msgspec.Struct, frozen=True):
    """What a directory reads: `is_member` is what its attribute active says."""

    row: EntryRow
    is_member: bool
    groups: tuple[Belonging, ...]


async def show_people(caller: Caller, wanted: Wanted, span: Span) -> list[PersonView]:
    return await _view(caller, await list_entries(caller.connection_id, wanted, span))


async def show_person(caller: Caller, entry_id: EntryId) -> PersonView:
    """Raises NotFound."""
    [view] = await _view(caller, [await get_entry(caller.connection_id, entry_id)])
    return view


async def _view(caller: Caller, rows: Collection[EntryRow]) -> list[PersonView]:
    members = await _members_of(caller, rows)
    groups = await list_belongings_of_entries([row.id for row in rows])
    return [
        PersonView(row, row.id in members and row.is_active, tuple(groups.get(row.id, ())))
        for row in rows
    ]


async def _members_of(caller: Caller, rows: Collection[EntryRow]) -> dict[EntryId, Member]:
    """A person who has joined meanwhile is known by their mailbox."""
    ids = [row.member for row in rows if row.member is not None]
    mailboxes = [row.email for row in rows if row.member is None]
    found = await list_members_among(caller.account_id, ids, mailboxes)
    by_id = {member.user_id: member for member in found}
    by_mailbox = {member.email: member for member in found}
    known = {
        row.id: by_mailbox.get(row.email) if row.member is None else by_id.get(row.member)
        for row in rows
    }
    return {entry_id: member for entry_id, member in known.items() if member is not None}


async def create_person(caller: Caller, said: SaidOfPerson) -> EntryId:
    """Raises Invalid for a mailbox elsewhere, AlreadyExists, SeatsTaken, LimitReached."""

    async def write() -> EntryId:
        account, connection = await _lock(caller)
        await _require_proved_domain(account, said.email)
        row = await insert_entry(caller, said)
        await record(caller, "scim.user.create", row.id)
        await _follow(caller, account, connection, row)
        return row.id

    return await db.run_in_transaction(write)


async def change_person(
    caller: Caller, entry_id: EntryId, said: SaidOfPerson, revision: int | None = None
) -> None:
    """`revision`: only if it still has this one.

    Raises NotFound, Invalid, AlreadyExists, SeatsTaken, StaleEntry, InvalidState for who stays.
    """

    async def write() -> None:
        account, connection = await _lock(caller)
        before = await get_entry(caller.connection_id, entry_id)
        require_revision(before.revision, revision)
        if said.email != before.email:
            await _require_proved_domain(account, said.email)
            _require_same_person(before)
        await change_entry(before, said)
        await record(caller, "scim.user.change", entry_id)
        if said.is_active != before.is_active or before.member is None:
            after = await get_entry(caller.connection_id, entry_id)
            await _follow(caller, account, connection, after)

    await db.run_in_transaction(write)


class StaleEntry(InvalidState):
    """Somebody changed it since the caller read it."""


def require_revision(current: int, expected: int | None) -> None:
    """Raises StaleEntry."""
    if expected is not None and expected != current:
        raise StaleEntry("This was changed since you read it: read it again")


def _require_same_person(before: EntryRow) -> None:
    if before.member is not None:
        raise Invalid(
            "The mailbox of a user who is known here is changed by themselves: "
            "delete the user and create another one",
            path=("email",),
        )


async def delete_person(caller: Caller, entry_id: EntryId, revision: int | None = None) -> None:
    """Their membership ends with it. Raises NotFound, StaleEntry, InvalidState for who stays."""

    async def write() -> None:
        account, connection = await _lock(caller)
        row = await get_entry(caller.connection_id, entry_id)
        require_revision(row.revision, revision)
        member = (await _members_of(caller, [row])).get(row.id)
        if member is not None:
            await _end(caller, account, connection, member.user_id)
        await delete_entry(row.id)
        await record(caller, "scim.user.delete", row.id)

    await db.run_in_transaction(write)


async def _lock(caller: Caller) -> tuple[SeatedAccount, ConnectionRow]:
    """One change of an account's people at a time."""
    account = await lock_account(caller.account_id)
    return account, await get_connection(caller.account_id, caller.connection_id)


async def _require_proved_domain(account: SeatedAccount, email: str) -> None:
    name = domain_of(email)
    if name not in await list_proved_names(account.id, NameKind.MAIL):
        raise Invalid(_DOMAIN, path=("email",), name=name)


async def _follow(
    caller: Caller, account: SeatedAccount, connection: ConnectionRow, row: EntryRow
) -> None:
    """The member becomes what the directory says of the entry.

    Nobody joins by a domain whose proof is gone since the entry was made: it may be another's now.
    """
    member = (await _members_of(caller, [row])).get(row.id)
    if member is not None and row.member is None:
        await set_member(row.id, member.user_id)
    if row.is_active and member is None:
        await _require_proved_domain(account, row.email)
        await _join(account, connection, row)
    elif not row.is_active and member is not None:
        await _end(caller, account, connection, member.user_id)


async def _join(account: SeatedAccount, connection: ConnectionRow, row: EntryRow) -> None:
    """Nothing for somebody who has been here before and has not joined themselves."""
    role = await _role_of(connection, row.id)
    if row.member is not None:
        await join_by_directory(account, row.member, role)
        await mark_back(connection.id, row.member)
    elif await find_user_by_email(row.email) is None:
        await require_seat(account)
        name = row.display_name or row.email.partition("@")[0]
        user_id = await create_user(row.email, name, DEFAULT_LOCALE, "", verified=True)
        await join_by_directory(account, user_id, role)
        await set_member(row.id, user_id)
        await send_welcome(await get_user(user_id))


async def _end(
    caller: Caller, account: SeatedAccount, connection: ConnectionRow, user_id: UserId
) -> None:
    await leave_by_directory(account, user_id)
    await mark_left(connection.id, user_id)
    await record(caller, "scim.user.leave", user_id)


async def _role_of(connection: ConnectionRow, entry_id: EntryId) -> AccountRole:
    groups = (await list_belongings_of_entries([entry_id])).get(entry_id, [])
    return connection.role_of([each.group_name for each in groups])


async def follow_groups(
    caller: Caller, connection: ConnectionRow, entry_ids: Collection[EntryId]
) -> None:
    """Their roles, after groups have changed; where no group gives a role, none is changed."""
    if not connection.roles:
        return
    rows = await list_entries_by_id(caller.connection_id, entry_ids)
    members = await _members_of(caller, rows)
    for row in rows:
        if row.id in members:
            role = await _role_of(connection, row.id)
            if await give_role(caller.account_id, members[row.id], role):
                await record(caller, "scim.user.role", members[row.id].user_id, role=role)


async def record(caller: Caller, action: str, subject: object, **detail: str) -> None:
    actor = Actor(kind=ActorKind.SERVICE_KEY, account_id=caller.account_id)
    await audit.record(actor, action, str(subject), token=str(caller.token_id), **detail)
