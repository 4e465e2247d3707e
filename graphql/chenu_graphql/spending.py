"""tokenSpend: the request for simple uses of tokens."""

from typing import Annotated

import strawberry

from chenu.flows.spends import SpendInput, spend
from chenu_graphql.agent_edits import read_agent_id
from chenu_graphql.context import Info
from chenu_graphql.errors import UserError
from chenu_graphql.fields import field, input_argument, input_field
from chenu_graphql.payloads import Payload, user_errors
from chenu_graphql.permissions import PARENT
from chenu_graphql.scalars import BigInt
from chenu_graphql.wallets import TokenEntry, TokenWallet


@strawberry.input(description="Tokens to use up.")
class TokenSpendInput:
    amount: BigInt = input_field("How many, at least 1.")
    reason: str = input_field("For people: it stands in the account's statement.")
    agent_id: strawberry.ID | None = input_field(
        "What used them, which the account must be entitled to as for a run; null: no agent.",
        default=None,
    )
    idempotency_key: strawberry.ID = input_field(
        "Same key and input: same answer, for 30 days. Same key and other input: "
        "IDEMPOTENCY_CONFLICT."
    )


@strawberry.type(description="Tokens that were used up.")
class TokenSpendPayload:
    entry: TokenEntry | None = field(
        "What was booked; the last entry, where several grants paid it.", PARENT
    )
    wallet: TokenWallet | None = field("What is left.", PARENT)
    user_errors: list[UserError] = user_errors()


async def resolve_spend(info: Info, data: Annotated[TokenSpendInput, input_argument()]) -> Payload:
    ctx = info.context
    agent_id = None if data.agent_id is None else read_agent_id(data.agent_id)
    request = SpendInput(data.amount, data.reason, agent_id)
    spent = await spend(ctx.services, ctx.actor, request, data.idempotency_key)
    return Payload(
        entry=await ctx.loaders.token_entries.load(spent.entry_id),
        wallet=await ctx.loaders.wallets.load(spent.account_id),
    )
