"""An account's tokens: the wallet, its grants and entries, and the event of each change."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import datetime
from functools import partial

import strawberry

from chenu.accounts.actor import ApiScope
from chenu.accounts.queries import Account as AccountRow
from chenu.core.pubsub import wallet_channel
from chenu.tokens.grants import GrantId, GrantKind, GrantRow
from chenu.tokens.overview import WalletOverview, count_entries, load_wallet
from chenu.tokens.wallet import EntryId, EntryKind, EntryRow, list_entries, list_grants
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
from chenu_graphql.fields import Weight, field
from chenu_graphql.ids import public_id
from chenu_graphql.nodes import Node, register_node
from chenu_graphql.permissions import HOLDER, READER
from chenu_graphql.scalars import BigInt

_MOST_GRANTS = 25
"""As many as are counted for the cost: few accounts have more open at once."""


def _grant_id(root: strawberry.Parent[GrantRow]) -> strawberry.ID:
    return public_id("TokenGrant", root.id)


@strawberry.type(
    description="Burn order: earliest expiry first, free before paid, then oldest.",
)
class TokenGrant(Node):
    id: strawberry.ID = field("Global id.", HOLDER, _grant_id)
    kind: GrantKind = field("What it was given for.", HOLDER)
    granted: BigInt = field("How many tokens it had at first.", HOLDER)
    remaining: BigInt = field("What of it can still be spent; holds are taken off.", HOLDER)
    expires_at: datetime | None = field("null: never.", HOLDER)
    created_at: datetime = field("When it was given.", HOLDER)


def _entry_id(root: strawberry.Parent[EntryRow]) -> strawberry.ID:
    return public_id("TokenEntry", root.id)


async def _entry_grant(root: strawberry.Parent[EntryRow], info: Info) -> GrantRow | None:
    if root.grant_id is None:
        return None
    return await info.context.loaders.token_grants.load(root.grant_id)


@strawberry.type(
    description=(
        "Append-only. 'amount' is signed: what it does to the balance that can still be spent."
    ),
)
class TokenEntry(Node):
    id: strawberry.ID = field("Global id.", HOLDER, _entry_id)
    kind: EntryKind = field("What happened.", HOLDER)
    amount: BigInt = field("Below zero: fewer can be spent.", HOLDER)
    balance_after: BigInt = field(
        "What could be spent then, less debts; of a grant for one agent what was left of it.",
        HOLDER,
    )
    reason: str = field("In the words of whoever caused it.", HOLDER)
    created_at: datetime = field("When it was booked.", HOLDER)
    grant: TokenGrant | None = field(
        "The grant that paid it; null: an unlimited plan did.", HOLDER, _entry_grant
    )


async def _grants(root: strawberry.Parent[WalletOverview]) -> list[GrantRow]:
    return await list_grants(root.account_id)


async def _page_entries(
    root: strawberry.Parent[WalletOverview],
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


@strawberry.type(description="What an account can spend on runs of agents.")
class TokenWallet:
    available: BigInt | None = field(
        "What can be spent now: grants left minus holds; null: unlimited; negative: the debt of a "
        "disputed or refunded pack.",
        HOLDER,
    )
    held: BigInt = field("Reserved for runs that have not ended.", HOLDER)
    is_unlimited: bool = field("The plan pays for all use, which is still recorded.", HOLDER)
    grants: list[TokenGrant] = field(
        "Those of which something is left, held or owed, in burn order.",
        HOLDER,
        _grants,
        weight=Weight(size=_MOST_GRANTS),
    )
    monthly_budget: BigInt | None = field("Of the month; null: there is none.", HOLDER)
    monthly_used: BigInt = field(
        "Used of that budget; without one, used in the calendar month (UTC).", HOLDER
    )
    resets_at: datetime | None = field("When the next budget comes; null: none does.", HOLDER)
    entries: Connection[TokenEntry] = field("Newest first.", HOLDER, _page_entries)


async def resolve_wallet(root: strawberry.Parent[AccountRow]) -> WalletOverview:
    return await load_wallet(root.id)


async def watch_wallet(info: Info) -> AsyncGenerator[WalletOverview, None]:
    """At once, so that nothing is missed between a query and this, and on each change."""
    ctx = info.context
    account_id = ctx.actor.require_account(ApiScope.READ)
    seen: WalletOverview | None = None
    async with aclosing(ctx.services.pubsub.changes(wallet_channel(account_id))) as changes:
        async for _ in changes:
            wallet = await load_wallet(account_id)
            if wallet != seen:
                seen = wallet
                ctx.forget_loaded()
                yield wallet


async def _find_grant(ctx: Context, row_id: GrantId) -> GrantRow | None:
    READER.require(ctx)
    row = await ctx.loaders.token_grants.load(row_id)
    return row if row is not None and row.account_id == ctx.actor.account_id else None


async def _find_entry(ctx: Context, row_id: EntryId) -> EntryRow | None:
    READER.require(ctx)
    row = await ctx.loaders.token_entries.load(row_id)
    return row if row is not None and row.account_id == ctx.actor.account_id else None


register_node("TokenGrant", (GrantRow,), _find_grant)
register_node("TokenEntry", (EntryRow,), _find_entry)
