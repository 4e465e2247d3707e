"""An account's tokens: what can be spent, the grants that it comes from, and every change."""

from datetime import datetime
from functools import partial

import strawberry

from chenu.core.i18n import translate
from chenu.tokens.grants import GrantId, GrantKind
from chenu.tokens.grants import GrantRow as TokenGrantRow
from chenu.tokens.wallet import (
    EntryId,
    EntryKind,
    EntryRow,
    Wallet,
    count_entries,
    list_entries,
)
from chenu_graphql.connection import (
    After,
    Before,
    Connection,
    ConnectionSource,
    First,
    Last,
    PageArguments,
    by_row_id,
    read_page,
)
from chenu_graphql.context import Context, Info
from chenu_graphql.executions import Execution
from chenu_graphql.fields import Weight, field
from chenu_graphql.ids import public_id
from chenu_graphql.nodes import Node, register_node
from chenu_graphql.permissions import PARENT, READER
from chenu_graphql.relations import by_key
from chenu_graphql.scalars import BigInt

_Grant = strawberry.Parent[TokenGrantRow]
_Entry = strawberry.Parent[EntryRow]
_Wallet = strawberry.Parent[Wallet]


def _grant_id(root: _Grant) -> strawberry.ID:
    return public_id("TokenGrant", root.id)


@strawberry.type(description="Burn order: earliest expiry first, free before paid, then oldest.")
class TokenGrant(Node):
    id: strawberry.ID = field("Global id.", PARENT, _grant_id)
    kind: GrantKind = field("Why the account got it.", PARENT)
    granted: BigInt = field("How many tokens it was of.", PARENT)
    remaining: BigInt = field("What can still be spent of it.", PARENT)
    held: BigInt = field("What is reserved for runs.", PARENT)
    expires_at: datetime | None = field("null: it does not expire.", PARENT)
    created_at: datetime = field("When it was granted.", PARENT)


def _entry_id(root: _Entry) -> strawberry.ID:
    return public_id("TokenEntry", root.id)


def _reason(root: _Entry, info: Info) -> str:
    return translate(info.context.locale, root.reason)


_paying_grant = by_key(lambda ctx: ctx.loaders.token_grants, lambda root: root.grant_id)
_execution = by_key(lambda ctx: ctx.loaders.executions, lambda root: root.execution_id)


@strawberry.type(
    description=(
        "Append-only. 'amount' is signed: what it does to the balance that can still be spent."
    )
)
class TokenEntry(Node):
    id: strawberry.ID = field("Global id.", PARENT, _entry_id)
    kind: EntryKind = field("What happened.", PARENT)
    amount: BigInt = field(
        "What it does to the balance; of unlimited tokens, what it used.", PARENT
    )
    balance_after: BigInt = field(
        "What could be spent then; of tokens for one agent alone, what was left of the grant.",
        PARENT,
    )
    reason: str = field("For people.", PARENT, _reason)
    created_at: datetime = field("When.", PARENT)
    execution: Execution | None = field("The run that it is of; null: of none.", PARENT, _execution)
    grant: TokenGrant | None = field(
        "The grant that it changed; null: unlimited, no grant paid.", PARENT, _paying_grant
    )


_wallet_grants = by_key(lambda ctx: ctx.loaders.open_token_grants, lambda root: root.account_id)
_monthly_used = by_key(
    lambda ctx: ctx.loaders.monthly_token_use,
    lambda root: root.account_id,
    lambda found: found.used if found else 0,
)


async def _page_entries(
    root: _Wallet,
    info: Info,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> ConnectionSource[EntryRow]:
    cursors = info.context.cursors.of_list("token entries", root.account_id)
    page = read_page(cursors, PageArguments(first, after, last, before))
    rows = await list_entries(root.account_id, page)
    return ConnectionSource(cursors, rows, by_row_id, partial(count_entries, root.account_id))


@strawberry.type(description="The tokens of one account.")
class TokenWallet:
    available: BigInt | None = field(
        "What can be spent now: grants left minus holds; null: unlimited; negative: the debt of a "
        "disputed or refunded pack.",
        PARENT,
    )
    held: BigInt = field("What is reserved for runs that have not ended.", PARENT)
    is_unlimited: bool = field("Spending always succeeds and is recorded.", PARENT)
    grants: list[TokenGrant] = field(
        "Those of which something is left, held or owed, in burn order.",
        PARENT,
        _wallet_grants,
        weight=Weight(size=10),
    )
    monthly_budget: BigInt | None = field(
        "What the plan gives each month; null: unlimited.", PARENT
    )
    monthly_used: BigInt = field(
        "What was used of the budget of this month; without a limit, of all tokens.",
        PARENT,
        _monthly_used,
    )
    resets_at: datetime | None = field("When the next budget is granted; null: unlimited.", PARENT)
    entries: Connection[TokenEntry] = field("Newest first.", PARENT, _page_entries)


async def _find_grant(ctx: Context, row_id: GrantId) -> TokenGrantRow | None:
    READER.require(ctx)
    return await ctx.loaders.token_grants.load(row_id)


async def _find_entry(ctx: Context, row_id: EntryId) -> EntryRow | None:
    READER.require(ctx)
    return await ctx.loaders.token_entries.load(row_id)


register_node("TokenGrant", (TokenGrantRow,), _find_grant)
register_node("TokenEntry", (EntryRow,), _find_entry)
