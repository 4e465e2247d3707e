"""Recurring tasks, on business time: due times are rows, so that a restart loses none.

One worker at a time runs a task. A task that outlives its lease may run twice at once, without
harm.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from chenu.agents.run_summaries import refresh_run_summaries
from chenu.agents.views import store_views
from chenu.core import tracing
from chenu.core.business_clock import follow_clock
from chenu.core.clock import business_now
from chenu.core.errors import ChenuError
from chenu.core.ids import new_id
from chenu.core.months import month_of
from chenu.core.pubsub import publishing_wallets
from chenu.core.recurrence import Every, Monthly
from chenu.core.scheduled_tasks import (
    LEASE,
    Turn,
    add_missing,
    claim,
    count_unfinished,
    find_next_due,
    finish,
    list_claimable,
    renew,
)
from chenu.flows.affiliates.payout_run import pay_affiliates
from chenu.flows.agent_subscriptions.stops import stop_renewals
from chenu.flows.budgets.due import expire_due_grants, settle_due_budgets
from chenu.flows.budgets.warnings import warn_of_use
from chenu.flows.creators.statements import make_due_statements
from chenu.flows.disputes.reminders import remind_of_disputes
from chenu.flows.events.polling import poll_events
from chenu.flows.executions.finish import expire_executions
from chenu.flows.executions.token_limits import warn_of_token_limits
from chenu.flows.forgotten_pages import close_forgotten
from chenu.flows.invariants import check_books
from chenu.flows.mirrors.stale import sync_stale
from chenu.flows.new_versions import notify_of_versions
from chenu.flows.operations.repair import repair_due, requeue_waiting
from chenu.flows.reconciliation import check_recent_balance
from chenu.flows.services import Services
from chenu.flows.subscriptions.contracts import apply_due_contracts
from chenu.flows.subscriptions.trial_reminders import send_due_reminders
from chenu.jobs.affiliate_tasks import AFFILIATE_TASKS
from chenu.jobs.jumps import Jumps
from chenu.jobs.picture_tasks import PICTURE_TASKS
from chenu.jobs.recurring import Recurring
from chenu.jobs.staff_tasks import STAFF_TASKS
from chenu.jobs.storage_tasks import STORAGE_TASKS
from chenu.jobs.webhook_tasks import WEBHOOK_TASKS
from chenu.ledger.findings import record_findings
from chenu.ledger.invariants import Finding
from chenu.ledger.seals import seal_entries

log = structlog.get_logger(__name__)

Runs = dict[str, asyncio.Task[None]]


async def _seal(services: Services, due_at: datetime) -> None:
    await seal_entries()


async def _check_books(services: Services, due_at: datetime) -> None:
    """The one task that reads whole tables on purpose, to compare the books with what they follow
    from.
    """
    findings = await check_books(whole=False)
    await record_findings(findings)
    for finding in findings:
        _call_out(finding)
    await sync_stale()


def _call_out(finding: Finding) -> None:
    if not finding.ok:
        log.error("invariant_violated", name=finding.name, samples=finding.samples)


async def _check_stripe(services: Services, due_at: datetime) -> None:
    _call_out(await check_recent_balance(services))


async def _requeue(services: Services, due_at: datetime) -> None:
    await requeue_waiting()


async def _repair(services: Services, due_at: datetime) -> None:
    await repair_due(services)


async def _poll_events(services: Services, due_at: datetime) -> None:
    await poll_events(services)


async def _remind_of_disputes(services: Services, due_at: datetime) -> None:
    await remind_of_disputes(services)


async def _make_statements(services: Services, due_at: datetime) -> None:
    await make_due_statements(services)


async def _pay_affiliates(services: Services, due_at: datetime) -> None:
    await pay_affiliates(month_of(due_at))


async def _remind_of_trials(services: Services, due_at: datetime) -> None:
    await send_due_reminders(services)


async def _close_forgotten(services: Services, due_at: datetime) -> None:
    await close_forgotten(services)


async def _stop_renewals(services: Services, due_at: datetime) -> None:
    await stop_renewals(services)


async def _apply_contracts(services: Services, due_at: datetime) -> None:
    await apply_due_contracts()


async def _settle_budgets(services: Services, due_at: datetime) -> None:
    await settle_due_budgets()
    await expire_due_grants()


_WARNED = Every(timedelta(seconds=15))


async def _warn_of_use(services: Services, due_at: datetime) -> None:
    """It is due an interval after the end of its last run."""
    await warn_of_use(due_at - _WARNED.interval)


async def _notify_of_versions(services: Services, due_at: datetime) -> None:
    await notify_of_versions()


async def _expire_executions(services: Services, due_at: datetime) -> None:
    await expire_executions(services)


async def _refresh_run_summaries(services: Services, due_at: datetime) -> None:
    await refresh_run_summaries()


async def _store_views(services: Services, due_at: datetime) -> None:
    await store_views(services.tallies)


async def _warn_of_token_limits(services: Services, due_at: datetime) -> None:
    await warn_of_token_limits()


TRIAL_REMINDERS, TOKEN_BUDGETS = "trial_reminders", "token_budgets"
STATEMENTS, PAYOUTS = "creator_statements", "affiliate_payouts"

RECURRING = (
    Recurring("repair", Every(timedelta(seconds=5)), _repair),
    Recurring("requeue", Every(timedelta(seconds=10)), _requeue, rests=True),
    Recurring("seal", Every(timedelta(seconds=30)), _seal, rests=True),
    Recurring("dispute_reminders", Every(timedelta(minutes=10)), _remind_of_disputes),
    Recurring(STATEMENTS, Every(timedelta(minutes=1)), _make_statements),
    Recurring(PAYOUTS, Monthly(day=1, hour=6), _pay_affiliates),
    Recurring(TRIAL_REMINDERS, Every(timedelta(seconds=10)), _remind_of_trials),
    Recurring(TOKEN_BUDGETS, Every(timedelta(seconds=10)), _settle_budgets),
    Recurring("token_warnings", _WARNED, _warn_of_use),
    Recurring("expire_executions", Every(timedelta(seconds=10)), _expire_executions),
    Recurring("warn_of_token_limits", Every(timedelta(seconds=30)), _warn_of_token_limits),
    Recurring(
        "refresh_run_summaries", Every(timedelta(minutes=1)), _refresh_run_summaries, rests=True
    ),
    Recurring("store_views", Every(timedelta(minutes=1)), _store_views, rests=True),
    Recurring("notify_of_versions", Every(timedelta(minutes=1)), _notify_of_versions),
    Recurring("poll_events", Every(timedelta(minutes=5)), _poll_events, rests=True),
    Recurring("close_forgotten", Every(timedelta(minutes=15)), _close_forgotten),
    Recurring("stop_renewals", Every(timedelta(minutes=1)), _stop_renewals),
    Recurring("apply_contracts", Every(timedelta(minutes=15)), _apply_contracts),
    Recurring("check_books", Every(timedelta(hours=1)), _check_books, rests=True),
    Recurring("check_stripe", Every(timedelta(hours=1)), _check_stripe, rests=True),
    *PICTURE_TASKS,
    *AFFILIATE_TASKS,
    *STAFF_TASKS,
    *STORAGE_TASKS,
    *WEBHOOK_TASKS,
)


async def run_schedule(
    services: Services, stop: asyncio.Event, tasks: Sequence[Recurring] = RECURRING
) -> None:
    """Runs until `stop`, then finishes running tasks.

    Several workers may do this at the same time.
    """
    runs: Runs = {}
    worker, has_rows, jumps = new_id(), False, Jumps(services.settings)
    while not stop.is_set():
        try:
            await follow_clock(services.settings)
            if not has_rows:
                await add_missing({task.name: task.recurrence for task in tasks})
                has_rows = True
            await _start_due(services, tasks, worker, runs, jumps)
        except Exception as error:
            log.warning("schedule_lost", error=type(error).__name__)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), jumps.pause)
    await asyncio.gather(*runs.values())


async def _start_due(
    services: Services,
    tasks: Sequence[Recurring],
    worker: UUID,
    runs: Runs,
    jumps: Jumps,
) -> None:
    due = set(await list_claimable())
    for recurring in tasks:
        run = runs.get(recurring.name)
        is_free = run is None or run.done()
        if recurring.name in due and is_free and jumps.let_start(recurring):
            runs[recurring.name] = asyncio.create_task(run_due(services, recurring, worker))


async def run_due(services: Services, recurring: Recurring, worker: UUID) -> None:
    """Runs the task unless another worker has claimed it. Never raises."""
    try:
        turn = await claim(recurring.name, worker)
        if turn is None:
            return
        renewing = asyncio.create_task(_keep(turn))
        try:
            error = await run_once(services, recurring, turn.due_at)
        finally:
            renewing.cancel()
        await finish(turn, recurring.recurrence, error)
    except Exception as error:  # the lease expires, and the task is claimed again
        log.warning("schedule_lost", task=recurring.name, error=type(error).__name__)


async def _keep(turn: Turn) -> None:
    while True:
        await asyncio.sleep(LEASE.total_seconds() / 3)
        try:
            await renew(turn)
        except Exception as error:
            log.warning("schedule_lost", task=turn.name, error=type(error).__name__)


async def run_once(
    services: Services, recurring: Recurring, due_at: datetime | None = None
) -> str | None:
    """The name of the error, which is logged; None after a success."""
    try:
        with tracing.span(f"scheduled {recurring.name}"):
            await follow_clock(services.settings)
            async with publishing_wallets(services.pubsub):
                await recurring.task(services, due_at or business_now())
    except ChenuError as error:
        log.warning("scheduled_task_failed", task=recurring.name, code=error.code)
        return error.code
    except Exception as error:
        log.exception("scheduled_task_broke", task=recurring.name)
        return type(error).__name__
    return None


async def find_next_dated(tasks: Sequence[Recurring] | None = None) -> datetime | None:
    """The next due time of the dated tasks, perhaps in the past; for the demo's clock."""
    dated = [task.name for task in tasks or RECURRING if task.recurrence.is_dated]
    return await find_next_due(dated) if dated else None


async def count_overdue() -> int:
    """Tasks that are due or running, without those that may rest; for the demo's clock."""
    return await count_unfinished(task.name for task in RECURRING if not task.rests)
