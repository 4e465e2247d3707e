"""The end of a run: settled once with what it used, released, or expired an hour after it began.

Each is one transaction, which locks the run before its tokens.
"""

from chenu.accounts.actor import AccountId, Actor, ApiScope
from chenu.accounts.idempotency import ClientKey, client_key, find_result, remember_result
from chenu.agents.executions import (
    ExecutionRow,
    Finish,
    finish_execution,
    get_execution,
    list_due_executions,
    lock_due_execution,
    postpone_expiry,
)
from chenu.agents.model import ExecutionId, ExecutionStatus, ReportedBy
from chenu.agents.run_summaries import mark_summary_due
from chenu.core import db
from chenu.core.backoff import name_failure
from chenu.core.clock import business_now
from chenu.core.crash_points import crash_point
from chenu.core.errors import InvalidState, reject_if_any
from chenu.core.i18n import mark
from chenu.core.pubsub import publish_wallet
from chenu.flows.executions.requests import (
    CancelInput,
    CompleteInput,
    check_complete,
    find_seconds,
    reporter_of,
)
from chenu.flows.operations.repair import repair_one
from chenu.flows.services import Services
from chenu.flows.webhooks.facts import tell_of_execution
from chenu.ledger.amounts import Tokens
from chenu.tokens.holds import HoldId, release_hold, settle_hold
from chenu.tokens.limits import release_within_limits

_OVER = {
    ExecutionStatus.COMPLETED: mark("This run was completed before: authorise another one"),
    ExecutionStatus.FAILED: mark("This run was reported as failed before: authorise another one"),
    ExecutionStatus.CANCELED: mark("This run was cancelled before: authorise another one"),
    ExecutionStatus.EXPIRED: mark(
        "This run was not reported within an hour, and its tokens came back: authorise another one"
    ),
}


async def complete_execution(
    services: Services, actor: Actor, request: CompleteInput, idempotency_key: str
) -> ExecutionRow:
    """Settles what was used: at least what the agent takes, never more than was authorised.

    A run that failed costs what it used. Raises Invalid, NotFound, InvalidState,
    IdempotencyConflict.
    """
    account_id = actor.require_account(ApiScope.EXECUTIONS)
    client = client_key(account_id, idempotency_key, "executionComplete", request)
    reject_if_any(check_complete(request))
    await _expire_if_due(services, account_id, request.execution_id)
    crash_point("complete.before")
    execution = await _complete(actor, request, client)
    crash_point("complete.after")
    await publish_wallet(services.pubsub, account_id)
    return execution


@db.transactional
async def _complete(actor: Actor, request: CompleteInput, client: ClientKey) -> ExecutionRow:
    if await find_result(client) is None:
        run = await _lock_open(actor, client.account_id, request.execution_id)
        await _settle(actor, run, request)
        await remember_result(client, run.id)
        crash_point("complete.before_commit")
    return await get_execution(client.account_id, request.execution_id)


async def _settle(actor: Actor, run: ExecutionRow, request: CompleteInput) -> None:
    wanted = request.tokens_used
    if request.succeeded:
        wanted = max(wanted, run.min_tokens)
    settled = await settle_hold(run.account_id, HoldId(run.id), Tokens(wanted))
    crash_point("complete.settled")
    status = ExecutionStatus.COMPLETED if request.succeeded else ExecutionStatus.FAILED
    finish = Finish(
        status,
        business_now(),
        settled.used,
        settled.capped,
        request.succeeded,
        find_seconds(request),
        reporter_of(actor),
    )
    await _end(run, finish)
    if finish.reported_by is ReportedBy.SERVICE_KEY:
        await mark_summary_due(run.agent_id)


async def cancel_execution(
    services: Services, actor: Actor, request: CancelInput, idempotency_key: str
) -> ExecutionRow:
    """All of its tokens come back. Raises NotFound, InvalidState, IdempotencyConflict."""
    account_id = actor.require_account(ApiScope.EXECUTIONS)
    client = client_key(account_id, idempotency_key, "executionCancel", request)
    await _expire_if_due(services, account_id, request.execution_id)
    execution = await _cancel(actor, request, client)
    await publish_wallet(services.pubsub, account_id)
    return execution


@db.transactional
async def _cancel(actor: Actor, request: CancelInput, client: ClientKey) -> ExecutionRow:
    if await find_result(client) is None:
        run = await _lock_open(actor, client.account_id, request.execution_id)
        await _release(run, ExecutionStatus.CANCELED)
        await remember_result(client, run.id)
    return await get_execution(client.account_id, request.execution_id)


async def _lock_open(
    actor: Actor, account_id: AccountId, execution_id: ExecutionId
) -> ExecutionRow:
    """Raises InvalidState for a run that has ended, or that only the apps may report."""
    run = await get_execution(account_id, execution_id, lock=True)
    if not run.is_open:
        raise InvalidState(_OVER[run.status], path=("execution_id",))
    if run.authorized_by is ReportedBy.SERVICE_KEY is not reporter_of(actor):
        message = mark("The CHE·NU apps began this run, and report it themselves")
        raise InvalidState(message, path=("execution_id",))
    return run


async def _release(run: ExecutionRow, status: ExecutionStatus) -> None:
    await release_hold(run.account_id, HoldId(run.id))
    await _end(run, Finish(status, business_now()))


async def _end(run: ExecutionRow, finish: Finish) -> None:
    await finish_execution(run.account_id, run.id, finish)
    await tell_of_execution(run, finish)
    unused = run.max_tokens - (finish.tokens_used or 0)
    await release_within_limits(
        run.account_id, run.agent_id, run.api_key_id, unused, run.started_at
    )


async def _expire_if_due(
    services: Services, account_id: AccountId, execution_id: ExecutionId
) -> None:
    """So that nobody has to wait for the worker to be told that a run is over."""
    run = await get_execution(account_id, execution_id)
    if run.is_open and run.expires_at <= business_now():
        await _expire(run.id)
        await publish_wallet(services.pubsub, account_id)


async def expire_executions(services: Services) -> None:
    """Releases what runs held that nobody reported; one that fails does not stop others."""
    for run in await list_due_executions():
        await repair_one(_expire_one(services, run), execution=str(run.id))


async def _expire_one(services: Services, run: ExecutionRow) -> None:
    try:
        await _expire(run.id)
    except Exception as error:
        await postpone_expiry(run.id, name_failure(error))
        raise
    await publish_wallet(services.pubsub, run.account_id)


@db.transactional
async def _expire(execution_id: ExecutionId) -> None:
    """Nothing where it was reported meanwhile, or another worker is at it."""
    run = await lock_due_execution(execution_id)
    if run is not None:
        await _release(run, ExecutionStatus.EXPIRED)
