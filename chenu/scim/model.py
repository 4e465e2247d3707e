"""Ids and limits of SCIM, and what a directory says of a person and a group."""

from dataclasses import dataclass
from typing import Final, NewType
from uuid import UUID

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


@dataclass(frozen=True, slots=True)
class Caller:
    """A directory, by its token: it sees its own connection's entries and no others."""

    token_id: ScimTokenId
    connection_id: ConnectionId
    account_id: AccountId


@dataclass(frozen=True, slots=True)
class SaidOfPerson:
    """`email` is in its canonical spelling. `is_active`: the directory wants a member."""

    user_name: str
    external_id: str | None
    display_name: str
    given_name: str
    family_name: str
    email: str
    is_active: bool


@dataclass(frozen=True, slots=True)
class SaidOfGroup:
    name: str
    external_id: str | None
    members: tuple[EntryId, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries a list has: at most one condition of equality."""

    field: str | None = None
    value: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """`start` counts from 1; `count` may be 0, for the total alone."""

    start: int
    count: int
