"""Limits of tokens per agent and per API key: listed, set in place of another, and removed."""

from datetime import datetime
from functools import partial
from typing import Annotated

import strawberry

from chenu.accounts.actor import AccountId
from chenu.accounts.api_keys import ApiKey as KeyRow
from chenu.accounts.api_keys import ApiKeyId
from chenu.core.clock import business_now
from chenu.core.errors import NotFound
from chenu.flows.executions.token_limits import LimitInput, remove_token_limit, set_token_limit
from chenu.tokens.limits import LimitId, LimitRow, count_limits, end_of, month_of, page_limits
from chenu_graphql.agent_edits import read_agent_id
from chenu_graphql.api_keys import ApiKey
from chenu_graphql.connection import ConnectionSource, PageArguments, by_row_id, read_page
from chenu_graphql.context import Context, Info
from chenu_graphql.errors import UserError
from chenu_graphql.fields import argument, field, input_argument, input_field
from chenu_graphql.ids import get_row_id, public_id
from chenu_graphql.market import Agent
from chenu_graphql.nodes import Node, register_node
from chenu_graphql.payloads import Payload, user_errors
from chenu_graphql.permissions import PARENT, READER
from chenu_graphql.relations import by_key
from chenu_graphql.scalars import BigInt

_Source = strawberry.Parent[LimitRow]
_TYPE = "TokenLimit"


def _id(root: _Source) -> strawberry.ID:
    return public_id(_TYPE, root.id)


_agent = by_key(lambda ctx: ctx.loaders.agents, lambda root: root.agent_id)


async def _api_key(root: _Source, info: Info) -> KeyRow | None:
    if root.api_key_id is None:
        return None
    keys = await info.context.loaders.api_keys.load(root.account_id)
    return next((key for key in keys if key.id == root.api_key_id), None)


def _used(root: _Source) -> int:
    return root.used_in(month_of(business_now()))


def _resets_at(root: _Source) -> datetime:
    return end_of(month_of(business_now()))


@strawberry.type(
    description=(
        "What one agent or one API key of the account may use in a calendar month, UTC. Beyond "
        "hardLimit a run or a spend is LIMIT_REACHED."
    )
)
class TokenLimit(Node):
    id: strawberry.ID = field("Global id; it stays when the limit is set anew.", PARENT, _id)
    agent: Agent | None = field("Which agent; null: a key is limited.", PARENT, _agent)
    api_key: ApiKey | None = field("Which key; null: an agent is limited.", PARENT, _api_key)
    soft_limit: BigInt | None = field(
        "Tokens a month after which a mail is sent; null: no mail.", PARENT
    )
    hard_limit: BigInt | None = field(
        "Tokens a month after which nothing more runs; null: no stop.", PARENT
    )
    used: BigInt = field("What is used or reserved this month.", PARENT, _used)
    resets_at: datetime = field("When the next month begins.", PARENT, _resets_at)
    updated_at: datetime = field("When it was set last.", PARENT)


async def page_token_limits(
    ctx: Context, account_id: AccountId, arguments: PageArguments
) -> ConnectionSource[LimitRow]:
    """An account's limits, the newest first."""
    cursors = ctx.cursors.of_list("token limits", account_id)
    rows = await page_limits(account_id, read_page(cursors, arguments))
    return ConnectionSource(cursors, rows, by_row_id, partial(count_limits, account_id))


@strawberry.input(
    description="A limit to set, in place of the one that the agent or key has. One limit or both."
)
class TokenLimitSetInput:
    agent_id: strawberry.ID | None = input_field("Which agent; null: a key.", default=None)
    api_key_id: strawberry.ID | None = input_field("Which key; null: an agent.", default=None)
    soft_limit: BigInt | None = input_field(
        "Tokens a month, 1 or more, not above hardLimit; null: no mail.", default=None
    )
    hard_limit: BigInt | None = input_field(
        "Tokens a month, 0 or more; what was used this month counts; null: no stop.", default=None
    )


@strawberry.type(description="A limit that was set.")
class TokenLimitSetPayload:
    token_limit: TokenLimit | None = field("The limit.", PARENT)
    user_errors: list[UserError] = user_errors()


@strawberry.type(description="A limit that was removed.")
class TokenLimitRemovePayload:
    removed_id: strawberry.ID | None = field("Its id, of which there is nothing more.", PARENT)
    user_errors: list[UserError] = user_errors()


async def resolve_set(info: Info, data: Annotated[TokenLimitSetInput, input_argument()]) -> Payload:
    ctx = info.context
    request = LimitInput(
        agent_id=None if data.agent_id is None else read_agent_id(data.agent_id),
        api_key_id=None if data.api_key_id is None else _read_key_id(data.api_key_id),
        soft=data.soft_limit,
        hard=data.hard_limit,
    )
    limit_id = await set_token_limit(ctx.actor, request)
    return Payload(token_limit=await ctx.loaders.token_limits.load(limit_id))


def _read_key_id(sent: str) -> ApiKeyId:
    unknown = NotFound("There is no such API key", path=("api_key_id",))
    return ApiKeyId(get_row_id("ApiKey", sent, unknown))


async def resolve_remove(
    info: Info, limit: Annotated[strawberry.ID, argument("The limit's id.", name="id")]
) -> Payload:
    unknown = NotFound("There is no such limit", path=("id",))
    limit_id = LimitId(get_row_id(_TYPE, limit, unknown))
    await remove_token_limit(info.context.actor, limit_id)
    return Payload(removed_id=public_id(_TYPE, limit_id))


async def _find(ctx: Context, row_id: LimitId) -> LimitRow | None:
    READER.require(ctx)
    row = await ctx.loaders.token_limits.load(row_id)
    return row if row is not None and row.account_id == ctx.actor.account_id else None


register_node(_TYPE, (LimitRow,), _find)
