"""Ids and limits of SCIM, and what a directory says of a person and a group."""

from typing import Final, NewType
from uuid import UUID

import msgspec

from chenu.accounts.actor import AccountId
from chenu.sso.model import ConnectionId

ScimTokenId = NewType("ScimTokenId", UUID)
EntryId = NewType("EntryId", UUID)
GroupId = NewType("GroupId", UUID)

SCIM_PATH: Final = "/scim/v2"
"""What directories write to, by our own name alone."""
MOST_ENTRIES: Final = 10_000
"""People of one connection."""
MOST_GROUPS: Final = 500
MOST_MEMBERS: Final = 5_000
"""Of one group."""
LONGEST_NAME: Final = 255
LONGEST_SHOWN: Final = 80


class Caller(msgspec.Struct, frozen=True):
    """A directory, by its token: it sees its own connection's entries and no others."""

    token_id: ScimTokenId
    connection_id: ConnectionId
    account_id: AccountId


class SaidOfPerson(msgspec.Struct, frozen=True):
    """`email` is in its canonical spelling. `is_active`: the directory wants a member."""

    user_name: str
    external_id: str | None
    display_name: str
    given_name: str
    family_name: str
    email: str
    is_active: bool


class SaidOfGroup(msgspec.Struct, frozen=True):
    name: str
    external_id: str | None
    members: tuple[EntryId, ...]


class Wanted(msgspec.Struct, frozen=True):
    """Which entries a list has: at most one condition of equality."""

    field: str | None = None
    value: str = ""


class Span(msgspec.Struct, frozen=True):
    """`start` counts from 1; `count` may be 0, for the total alone."""

    start: int
    count: int
