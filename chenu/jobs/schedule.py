"""What happens by itself, by business time. Every task may run twice at once without harm."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog

from chenu.accounts.attempts import forget_old_attempts
from chenu.accounts.sessions import forget_old_sessions
from chenu.core import tracing
from chenu.core.business_clock import follow_clock
from chenu.core.clock import business_now
from chenu.core.errors import ChenuError
from chenu.flows.events.handling import poll_events
from chenu.flows.invariants import check_books
from chenu.flows.mirrors.stale import sync_stale
from chenu.flows.operations.repair import close_forgotten, repair_due, requeue_waiting
from chenu.flows.services import Services
from chenu.ledger.seals import seal_entries

log = structlog.get_logger(__name__)

_LOOK_SECONDS = 1.0

Task = Callable[[Services], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Recurring:
    name: str
    every: timedelta
    task: Task


async def _clean_up(services: Services) -> None:
    await forget_old_sessions()
    await forget_old_attempts()


async def _seal(services: Services) -> None:
    await seal_entries()


async def _check_books(services: Services) -> None:
    """The one task that reads whole tables, on purpose: what is kept here, and copies of it."""
    for finding in await check_books(whole=False):
        if not finding.ok:
            log.error("invariant_violated", name=finding.name, samples=finding.samples)
    await sync_stale()


async def _requeue(services: Services) -> None:
    await requeue_waiting()


RECURRING = (
    Recurring("repair", timedelta(seconds=5), repair_due),
    Recurring("requeue", timedelta(seconds=10), _requeue),
    Recurring("seal", timedelta(seconds=30), _seal),
    Recurring("poll_events", timedelta(minutes=5), poll_events),
    Recurring("close_forgotten", timedelta(minutes=15), close_forgotten),
    Recurring("check_books", timedelta(hours=1), _check_books),
    Recurring("clean_up", timedelta(hours=6), _clean_up),
)


async def run_schedule(services: Services, stop: asyncio.Event) -> None:
    """Until `stop`; a task that fails is logged and has its next turn."""
    await asyncio.gather(*(_repeat(services, recurring, stop) for recurring in RECURRING))


async def _repeat(services: Services, recurring: Recurring, stop: asyncio.Event) -> None:
    """Each time that much business time has passed: where it can be moved, we look every second."""
    seconds = recurring.every.total_seconds()
    pause = min(seconds, _LOOK_SECONDS) if services.settings.is_movable else seconds
    due = business_now() + recurring.every
    while not stop.is_set():
        try:
            await asyncio.wait_for(stop.wait(), pause)
        except TimeoutError:
            await _adopt_clock(services)
            if business_now() >= due or not services.settings.is_movable:
                await run_once(services, recurring)
                due = business_now() + recurring.every


async def _adopt_clock(services: Services) -> None:
    with contextlib.suppress(ChenuError):
        await follow_clock(services.settings)


async def run_once(services: Services, recurring: Recurring) -> None:
    try:
        with tracing.span(f"scheduled {recurring.name}"):
            await follow_clock(services.settings)
            await recurring.task(services)
    except ChenuError as error:
        log.warning("scheduled_task_failed", task=recurring.name, code=error.code)
    except Exception:
        log.exception("scheduled_task_broke", task=recurring.name)
