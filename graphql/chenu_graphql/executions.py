"""Runs of agents, as the account sees them that they were for."""

from datetime import datetime
from functools import partial

import strawberry

from chenu.accounts.actor import AccountId
from chenu.agents.counts import count_executions
from chenu.agents.executions import ExecutionRow, list_executions
from chenu.agents.model import ExecutionId, ExecutionStatus
from chenu.tiers import spheres
from chenu_graphql.connection import ConnectionSource, PageArguments, by_row_id, read_page
from chenu_graphql.context import Context, Info
from chenu_graphql.fields import field
from chenu_graphql.ids import public_id
from chenu_graphql.market import Agent
from chenu_graphql.nodes import Node, register_node
from chenu_graphql.permissions import READER, RUNNER
from chenu_graphql.relations import by_key
from chenu_graphql.scalars import BigInt
from chenu_graphql.tiers import Sphere

_Source = strawberry.Parent[ExecutionRow]


def _id(root: _Source) -> strawberry.ID:
    return public_id("Execution", root.id)


# Whoever ran it may read the agent in any status.
_agent = by_key(lambda ctx: ctx.loaders.agents, lambda root: root.agent_id)


def _sphere(root: _Source) -> spheres.Sphere | None:
    return spheres.find_sphere(root.sphere)


async def _minutes(root: _Source, info: Info) -> float:
    own = await info.context.loaders.run_seconds.load(root.account_id)
    return root.effective_seconds(own.seconds if own else None) / 60


@strawberry.type(description="One run of an agent: tokens are held for it, and settled once.")
class Execution(Node):
    id: strawberry.ID = field("Global id.", RUNNER, _id)
    agent: Agent = field("What ran.", RUNNER, _agent)
    sphere: Sphere | None = field("The sphere that it ran in.", RUNNER, _sphere)
    status: ExecutionStatus = field("AUTHORIZED until it is reported, or an hour old.", RUNNER)
    tokens_held: BigInt = field("What was held for it when it was authorised.", RUNNER)
    tokens_used: BigInt | None = field(
        "What was taken for it; null where nobody reported it.", RUNNER
    )
    capped: bool = field(
        "The run used more than could be taken: never more than maxTokens.", RUNNER
    )
    minutes_saved: float = field(
        "As reported, else by the account's own setting, else as the agent claims: as its "
        "return on investment counts.",
        RUNNER,
        _minutes,
    )
    is_free_try: bool = field(
        "One of the account's three free tries of an agent that it has not got.", RUNNER
    )
    started_at: datetime = field("When it was authorised.", RUNNER)
    expires_at: datetime = field("When its tokens come back if nobody reports it.", RUNNER)
    finished_at: datetime | None = field("When it ended; null: not yet.", RUNNER)


async def page_executions(
    ctx: Context, account_id: AccountId, arguments: PageArguments
) -> ConnectionSource[ExecutionRow]:
    """An account's runs, the newest first."""
    cursors = ctx.cursors.of_list("executions", account_id)
    rows = await list_executions(account_id, read_page(cursors, arguments))
    return ConnectionSource(cursors, rows, by_row_id, partial(count_executions, account_id))


async def _find(ctx: Context, row_id: ExecutionId) -> ExecutionRow | None:
    READER.require(ctx)
    row = await ctx.loaders.executions.load(row_id)
    return row if row is not None and row.account_id == ctx.actor.account_id else None


register_node("Execution", (ExecutionRow,), _find)
