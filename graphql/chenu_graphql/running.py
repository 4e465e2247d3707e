"""The requests that begin and end runs of agents."""

from typing import Annotated

import strawberry

from chenu.agents.executions import ExecutionRow
from chenu.agents.model import ExecutionId
from chenu.core.errors import NotFound
from chenu.flows.executions.authorize import authorize_execution
from chenu.flows.executions.finish import cancel_execution, complete_execution
from chenu.flows.executions.requests import AuthorizeInput, CancelInput, CompleteInput
from chenu.tokens.wallet import Wallet
from chenu_graphql.agent_edits import read_agent_id
from chenu_graphql.context import Info
from chenu_graphql.errors import UserError
from chenu_graphql.executions import Execution
from chenu_graphql.fields import field, input_argument, input_field
from chenu_graphql.ids import get_row_id
from chenu_graphql.payloads import Payload, user_errors
from chenu_graphql.permissions import PARENT
from chenu_graphql.scalars import BigInt
from chenu_graphql.wallets import TokenWallet

_KEY = (
    "Same key and input: same answer, for 30 days. Same key and other input: IDEMPOTENCY_CONFLICT."
)


@strawberry.input(description="A run to begin.")
class ExecutionAuthorizeInput:
    agent_id: strawberry.ID = input_field("Which agent.")
    sphere: str | None = input_field("The code of a sphere; null: the agent's own.")
    max_tokens: BigInt = input_field(
        "What the run may use at most; so much is held, or what is available."
    )
    idempotency_key: strawberry.ID = input_field(_KEY)


@strawberry.input(description="What came of a run.")
class ExecutionCompleteInput:
    execution_id: strawberry.ID = input_field("Which run.")
    tokens_used: BigInt = input_field(
        "What it used: at least what its agent takes is settled, never more than maxTokens."
    )
    succeeded: bool = input_field(
        "false: the run failed, which costs what it used and no minimum.", default=True
    )
    minutes_saved: float | None = input_field(
        "0 to 1440; null: the account's own setting counts, else what the agent claims."
    )
    idempotency_key: strawberry.ID = input_field(_KEY)


@strawberry.input(description="A run to give up: all of its tokens come back.")
class ExecutionCancelInput:
    execution_id: strawberry.ID = input_field("Which run.")
    idempotency_key: strawberry.ID = input_field(_KEY)


async def _wallet(root: strawberry.Parent[Payload], info: Info) -> Wallet | None:
    """As the change left it; null where nothing was changed."""
    run: ExecutionRow | None = root.execution
    return None if run is None else await info.context.loaders.wallets.load(run.account_id)


@strawberry.type(description="A run after a change.")
class ExecutionPayload:
    execution: Execution | None = field("The run.", PARENT)
    wallet: TokenWallet | None = field("What is left to spend.", PARENT, _wallet)
    user_errors: list[UserError] = user_errors()


def _run_id(sent: str) -> ExecutionId:
    unknown = NotFound("There is no such run", path=("execution_id",))
    return ExecutionId(get_row_id("Execution", sent, unknown))


async def resolve_authorize(
    info: Info, data: Annotated[ExecutionAuthorizeInput, input_argument()]
) -> Payload:
    ctx = info.context
    request = AuthorizeInput(read_agent_id(data.agent_id), data.max_tokens, data.sphere)
    return Payload(
        execution=await authorize_execution(ctx.services, ctx.actor, request, data.idempotency_key)
    )


async def resolve_complete(
    info: Info, data: Annotated[ExecutionCompleteInput, input_argument()]
) -> Payload:
    ctx = info.context
    request = CompleteInput(
        _run_id(data.execution_id), data.tokens_used, data.succeeded, data.minutes_saved
    )
    return Payload(
        execution=await complete_execution(ctx.services, ctx.actor, request, data.idempotency_key)
    )


async def resolve_cancel(
    info: Info, data: Annotated[ExecutionCancelInput, input_argument()]
) -> Payload:
    ctx = info.context
    request = CancelInput(_run_id(data.execution_id))
    return Payload(
        execution=await cancel_execution(ctx.services, ctx.actor, request, data.idempotency_key)
    )
