"""Who comes by a connection, and who would have no other way to sign in without it."""

from collections.abc import Sequence

import msgspec

from chenu.accounts.actor import UserId
from chenu.accounts.password_store import list_without_password
from chenu.scim.entries import list_members_of
from chenu.sso.identities import list_people_of
from chenu.sso.model import ConnectionId


class ConnectionPeople(msgspec.Struct, frozen=True):
    """`without_password`: of them, those who would need the link for forgotten passwords."""

    connection_id: ConnectionId
    count: int
    without_password: int


async def count_people(connections: Sequence[ConnectionId]) -> list[ConnectionPeople]:
    """Of each: people who have signed in by it, and whom its directory has made members."""
    known: dict[ConnectionId, set[UserId]] = {each: set() for each in connections}
    for row in [*await list_people_of(connections), *await list_members_of(connections)]:
        known[row.connection].add(row.member)
    lost = await list_without_password(set().union(*known.values()))
    return [
        ConnectionPeople(each, len(people), len(people & lost)) for each, people in known.items()
    ]
