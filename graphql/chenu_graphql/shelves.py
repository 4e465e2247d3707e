"""An account's library as a list, and putting things away from its first shelf."""

from functools import partial
from typing import Annotated

import strawberry

from chenu.accounts.queries import Account as AccountRow
from chenu.agents.access import GrantRow
from chenu.agents.library import (
    LibraryQuery,
    LibraryRow,
    LibrarySort,
    bring_back,
    count_library,
    list_library,
    put_away,
)
from chenu.agents.model import GrantId
from chenu.core.errors import NotFound
from chenu.core.paging import Key
from chenu_graphql.connection import (
    After,
    Before,
    ConnectionSource,
    First,
    Last,
    PageArguments,
    read_page,
)
from chenu_graphql.context import Info
from chenu_graphql.errors import UserError
from chenu_graphql.fields import argument, field
from chenu_graphql.ids import get_row_id
from chenu_graphql.market import AccessGrant
from chenu_graphql.payloads import Payload, user_errors
from chenu_graphql.permissions import PARENT

Search = Annotated[str | None, argument("A part of the agent's or its creator's name.")]
CreatorArgument = Annotated[
    str | None, argument("The creator's handle; chenu: the platform's own agents.")
]
Sort = Annotated[LibrarySort, argument("What the list is ordered by.")]
PutAway = Annotated[bool | None, argument("What was put away, or what was not; null: both.")]
GrantArgument = Annotated[strawberry.ID, argument("The grant's id.", name="id")]


async def page_library(
    root: strawberry.Parent[AccountRow],
    info: Info,
    search: Search = None,
    creator: CreatorArgument = None,
    sort: Sort = LibrarySort.BOUGHT,
    put_away: PutAway = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> ConnectionSource[LibraryRow]:
    query = LibraryQuery(search or "", creator or "", sort, put_away)
    cursors = info.context.cursors.of_list("library", root.id, *query.identity)
    page = read_page(cursors, PageArguments(first, after, last, before))
    rows = await list_library(root.id, page, query)
    return ConnectionSource(
        cursors, rows, partial(_key, sort), partial(count_library, root.id, query)
    )


def _key(sort: LibrarySort, row: LibraryRow) -> Key:
    return row.key(sort)


@strawberry.type(description="Something of the library that was moved.")
class AccessGrantPayload:
    access_grant: AccessGrant | None = field("As it stands now.", PARENT)
    user_errors: list[UserError] = user_errors()


async def resolve_put_away(info: Info, grant: GrantArgument) -> Payload:
    grant_id = _read_id(grant)
    await put_away(info.context.actor, grant_id)
    return await _payload(info, grant_id)


async def resolve_bring_back(info: Info, grant: GrantArgument) -> Payload:
    grant_id = _read_id(grant)
    await bring_back(info.context.actor, grant_id)
    return await _payload(info, grant_id)


def _read_id(sent: str) -> GrantId:
    unknown = NotFound("There is no such thing in this library", path=("id",))
    return GrantId(get_row_id("AccessGrant", sent, unknown))


async def _payload(info: Info, grant_id: GrantId) -> Payload:
    row: GrantRow | None = await info.context.loaders.grants.load(grant_id)
    return Payload(access_grant=row)
