"""The beginning of a run: whether the account may run the agent, and a hold of tokens for it.

One transaction: the hold, the limits that it counts toward, the row, and the first use of what was
bought. docs/decisions/0037.
"""

from datetime import timedelta

import msgspec
from msgspec.structs import replace

from chenu.accounts.actor import AccountId, Actor, ActorKind, ApiScope
from chenu.accounts.idempotency import ClientKey, client_key, find_result, remember_result
from chenu.agents.access import choose_version, record_first_use
from chenu.agents.executions import (
    ExecutionRow,
    get_execution,
    insert_execution,
    list_min_tokens,
)
from chenu.agents.model import ExecutionId, ExecutionStatus, VersionId
from chenu.agents.rows import AgentRow
from chenu.agents.run_access import FREE_TRY_TOKENS, RunAccess, find_runnable
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.crash_points import crash_point
from chenu.core.errors import Invalid, reject_if_any
from chenu.core.i18n import mark
from chenu.core.ids import new_id
from chenu.core.pubsub import publish_wallet
from chenu.flows.executions.free_tries import take_free_try
from chenu.flows.executions.requests import AuthorizeInput, check_authorize, reporter_of
from chenu.flows.services import Services
from chenu.ledger.amounts import Tokens
from chenu.tiers.catalogue import get_tier
from chenu.tokens.budgets import settle_due_budget
from chenu.tokens.errors import InsufficientTokens
from chenu.tokens.holds import HoldId, NewHold, hold_tokens
from chenu.tokens.limits import reserve_within_limits
from chenu.tokens.wallet import get_wallet

HELD_FOR = timedelta(hours=1)
"""Of business time: a run that is not reported by then has used nothing."""
RUN_REASON = mark("Run of an agent")
TRY_REASON = mark("Free try of an agent")


async def authorize_execution(
    services: Services, actor: Actor, request: AuthorizeInput, idempotency_key: str
) -> ExecutionRow:
    """Raises Invalid, NotFound, PlanRequired, NotInLibrary, TokenLimitReached, InsufficientTokens,
    IdempotencyConflict.
    """
    account_id = actor.require_account(ApiScope.EXECUTIONS)
    client = client_key(account_id, idempotency_key, "executionAuthorize", request)
    reject_if_any(check_authorize(request))
    crash_point("authorize.before")
    execution = await _authorize(actor, account_id, request, client)
    crash_point("authorize.after")
    await publish_wallet(services.pubsub, account_id)
    return execution


class _Terms(msgspec.Struct, frozen=True):
    """What a run may use, and what it takes at least."""

    most: int
    least: int


@db.transactional
async def _authorize(
    actor: Actor, account_id: AccountId, request: AuthorizeInput, client: ClientKey
) -> ExecutionRow:
    known = await find_result(client)
    if known is not None:
        return await get_execution(account_id, ExecutionId(known))
    agent, access = await find_runnable(actor, request.agent_id)
    if access.refusal is not None:
        raise access.refusal
    terms = await _find_terms(agent, access, request)
    execution = _describe(actor, account_id, agent, access, request, terms)
    execution = await _hold(actor, execution)
    await insert_execution(execution)
    if access.grant is not None and access.grant.first_used_at is None:
        await record_first_use([access.grant.id])
    await remember_result(client, execution.id)
    crash_point("authorize.before_commit")
    return execution


async def _find_least(version_id: VersionId | None) -> int:
    """The tokens that a run of it takes at least."""
    if version_id is None:
        return 1
    return (await list_min_tokens([version_id])).get(version_id, 1)


async def _find_terms(agent: AgentRow, access: RunAccess, request: AuthorizeInput) -> _Terms:
    """A free try takes no more than its own tokens, whatever else the agent takes at least.

    Raises Invalid where the run may use less than it takes at least.
    """
    least = await _find_least(choose_version(agent, access.grant))
    most = request.max_tokens
    if access.is_free_try:
        least, most = min(least, FREE_TRY_TOKENS), min(most, FREE_TRY_TOKENS)
    if most < least:
        message = mark("A run of this agent takes {count} tokens or more")
        raise Invalid(message, path=("max_tokens",), count=least)
    return _Terms(most, least)


def _describe(
    actor: Actor,
    account_id: AccountId,
    agent: AgentRow,
    access: RunAccess,
    request: AuthorizeInput,
    terms: _Terms,
) -> ExecutionRow:
    now, is_app = business_now(), actor.kind is ActorKind.SERVICE_KEY
    return ExecutionRow(
        id=ExecutionId(new_id()),
        account_id=account_id,
        user_id=actor.user_id,
        agent_id=agent.id,
        version_id=choose_version(agent, access.grant),
        agent_level=agent.level,
        sphere=request.sphere or agent.sphere,
        status=ExecutionStatus.AUTHORIZED,
        max_tokens=terms.most,
        min_tokens=terms.least,
        tokens_held=0,
        tokens_used=None,
        capped=False,
        is_free_try=access.is_free_try,
        succeeded=None,
        seconds_saved=None,
        claimed_seconds=agent.seconds_saved,
        authorized_by=reporter_of(actor),
        reported_by=None,
        api_key_id=actor.key_id if actor.kind is ActorKind.API_KEY else None,
        service_key_id=actor.key_id if is_app else None,
        started_at=now,
        expires_at=now + HELD_FOR,
        finished_at=None,
    )


async def _hold(actor: Actor, execution: ExecutionRow) -> ExecutionRow:
    """What the limits leave, and of that what there is; nothing is a refusal.

    What is due of the budget comes first: whoever grants it locks it before the wallet.
    """
    account_id, agent_id = execution.account_id, execution.agent_id
    await settle_due_budget(account_id)
    grant_id = await take_free_try(account_id, agent_id) if execution.is_free_try else None
    asked, key_id = execution.max_tokens, execution.api_key_id
    most = await reserve_within_limits(account_id, agent_id, key_id, asked, at_least=1)
    held = await hold_tokens(
        NewHold(
            account_id=account_id,
            most=Tokens(most),
            hold_id=HoldId(execution.id),
            reason=TRY_REASON if grant_id else RUN_REASON,
            expires_at=execution.expires_at,
            agent_id=agent_id,
            api_key_id=key_id,
            only_grant=grant_id,
        )
    )
    if not held:
        wallet = await get_wallet(account_id)
        available = wallet.available or Tokens(0)
        raise InsufficientTokens(Tokens(asked), available, tier=get_tier(actor.tier))
    return replace(execution, max_tokens=most, tokens_held=held)
