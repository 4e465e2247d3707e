"""tokenSpend: simple uses of tokens, by members, their keys and the apps."""

import msgspec

from chenu.accounts.actor import Actor, ActorKind
from chenu.accounts.idempotency import ClientKey, client_key, find_result
from chenu.accounts.validation import check_line
from chenu.agents.model import AgentId
from chenu.agents.run_access import require_in_use
from chenu.core import db
from chenu.core.errors import ChenuError, Invalid, reject_if_any
from chenu.core.i18n import mark
from chenu.core.pubsub import publish_wallet
from chenu.core.text import tidy
from chenu.flows.services import Services
from chenu.ledger.amounts import Tokens
from chenu.tokens.spending import Spend, SpendResult, spend_tokens

MOST_TOKENS = 1_000_000_000
"""In one spend."""
LONGEST_REASON = 200


class SpendInput(msgspec.Struct, frozen=True):
    """`agent_id` is what used the tokens; None: no agent."""

    amount: int
    reason: str
    agent_id: AgentId | None = None


async def spend(
    services: Services, actor: Actor, request: SpendInput, idempotency_key: str
) -> SpendResult:
    """Raises Invalid, NotFound, PlanRequired, NotInLibrary, TokenLimitReached, InsufficientTokens,
    IdempotencyConflict.
    """
    account_id = actor.require_spending()
    reject_if_any(check_spend(request))
    client = client_key(account_id, idempotency_key, "tokenSpend", request)
    await _require_agent(actor, request.agent_id, client)
    spent = await spend_tokens(
        Spend(
            account_id,
            Tokens(request.amount),
            tidy(request.reason),
            client,
            actor.entitlements,
            agent_id=request.agent_id,
            api_key_id=actor.key_id if actor.kind is ActorKind.API_KEY else None,
        )
    )
    await publish_wallet(services.pubsub, account_id)
    return spent


def check_spend(request: SpendInput) -> list[ChenuError]:
    errors: list[ChenuError] = []
    if not 1 <= request.amount <= MOST_TOKENS:
        message = mark("A spend is of 1 to {highest} tokens")
        errors.append(Invalid(message, path=("amount",), highest=MOST_TOKENS))
    return errors + check_line(request.reason, path=("reason",), longest=LONGEST_REASON)


async def _require_agent(actor: Actor, agent_id: AgentId | None, client: ClientKey) -> None:
    """One that the account may run, or might when the same request was done before."""
    if agent_id is None:
        return
    try:
        await require_in_use(actor, agent_id)
    except ChenuError:
        if await db.run_in_transaction(lambda: find_result(client)) is None:
            raise
