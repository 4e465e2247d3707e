"""Moves the demo's time from one due time to the next, and waits for the work due at each."""

import asyncio
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from math import ceil
from typing import Any

import httpx

from chenu.accounts.budget_dates import count_due_budgets
from chenu.billing.inbox import get_backlog
from chenu.billing.trial_reminders import count_due_reminders, find_next_reminder
from chenu.core import queue
from chenu.core.business_clock import advance_clock
from chenu.core.clock import business_now
from chenu.core.errors import Invalid, Unavailable
from chenu.core.scheduled_tasks import hasten
from chenu.flows.composition import open_services
from chenu.jobs.schedule import TOKEN_BUDGETS, TRIAL_REMINDERS, count_overdue, find_next_dated
from chenu.settings import Settings

LONGEST = timedelta(days=366)
_STEP = timedelta(days=1)
_PATIENCE_SECONDS = 30
_POLL_SECONDS = 0.01
_ISO = re.compile(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_SHORT = re.compile(r"(\d+)([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def parse_duration(text: str) -> timedelta:
    """`30d`, `12h` or ISO 8601 such as `P14D`; raises Invalid. At most a year at a time."""
    iso, short = _ISO.fullmatch(text), _SHORT.fullmatch(text)
    if iso and any(iso.groups()):
        weeks, days, hours, minutes, seconds = (int(part or 0) for part in iso.groups())
        found = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    elif short:
        found = timedelta(**{_UNITS[short[2]]: int(short[1])})
    else:
        raise Invalid("A duration is written like 30d, 12h or P14D")
    if not timedelta(0) < found <= LONGEST:
        raise Invalid("The clock moves forward only, and at most a year at a time")
    return found


async def advance(settings: Settings, duration: str, say: Callable[[str], object]) -> int:
    """Moves sandbox and business time together.

    At each step, waits until everything due has run.
    """
    left = parse_duration(duration)
    if settings.stripe.api_base is None or not settings.is_movable:
        raise Unavailable("time moves in the demo alone: there is no sandbox here")
    async with (
        open_services(settings, "chenu-advance"),
        httpx.AsyncClient(base_url=settings.stripe.api_base, timeout=60) as sandbox,
    ):
        try:
            await walk(sandbox, left)
        except httpx.HTTPError as error:
            raise Unavailable("the sandbox does not answer: is the demo running?") from error
        days = parse_duration(duration) / timedelta(days=1)
        say(f"{days:.4g} days later: the demo's time is now {business_now():%Y-%m-%d %H:%M} UTC")
    return 0


async def walk(sandbox: httpx.AsyncClient, left: timedelta) -> None:
    """From one due time to the next. Raises Unavailable."""
    while left > timedelta(0):
        clock = await _clock(sandbox)
        due = (_until_due(clock), await _until_task(), await _until_reminder())
        step = min(left, _STEP, *due)
        await advance_clock(step)
        await _follow(sandbox, clock, step)
        await wait_until_quiet(sandbox)
        left -= step


async def catch_up(sandbox: httpx.AsyncClient) -> None:
    """Moves the sandbox to business time."""
    await _follow(sandbox, await _clock(sandbox), timedelta())


async def _follow(sandbox: httpx.AsyncClient, clock: dict[str, Any], step: timedelta) -> None:
    """Moves the sandbox by the step, and to business time where it has fallen behind.

    It stands still while it works, a little at each step.
    """
    target = max(clock["now"] + int(step.total_seconds()), int(business_now().timestamp()))
    answer = await sandbox.post("/_sandbox/clock", json={"to": target})
    answer.raise_for_status()


async def _clock(sandbox: httpx.AsyncClient) -> dict[str, Any]:
    answer: dict[str, Any] = (await sandbox.get("/_sandbox/clock")).json()
    return answer


def _until_due(clock: dict[str, Any]) -> timedelta:
    """From now to the sandbox's next due time, at least a second."""
    if clock["next_due"] is None:
        return _STEP
    return timedelta(seconds=max(1, clock["next_due"] - clock["now"]))


async def _until_task() -> timedelta:
    """From now to the next dated task, rounded up, at least a second."""
    due_at = await find_next_dated()
    if due_at is None:
        return _STEP
    return _until(due_at)


async def _until_reminder() -> timedelta:
    """From now to the next mail about a trial's end, rounded up, at least a second."""
    due_at = await find_next_reminder()
    return _STEP if due_at is None else _until(due_at)


def _until(due_at: datetime) -> timedelta:
    seconds = ceil((due_at - business_now()).total_seconds())
    return timedelta(seconds=max(1, seconds))


async def wait_until_quiet(sandbox: httpx.AsyncClient) -> None:
    """Waits until webhooks are delivered, and what is due by business time and jobs have run.

    Raises Unavailable if that takes too long.
    """
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while not await _is_quiet(sandbox):
                pass
    except TimeoutError:
        raise Unavailable("webhooks or jobs of this step did not finish: see the logs") from None


async def _is_quiet(sandbox: httpx.AsyncClient) -> bool:
    """Whether nothing was going on, from the jobs over the deliveries to the jobs that follow.

    A job may end after the look at the deliveries and before that at the jobs, and leave a
    delivery: jobs are looked at first and last, and none was enqueued in between. What is going on
    is waited for by asking for it alone; then all is asked again.
    """
    enqueued = await queue.count_enqueued()
    tasks = (_runs_dated, _has_due, _has_overdue)
    looks = (_has_jobs, partial(_delivers, sandbox), *tasks, _has_events, _has_jobs)
    for is_going_on in looks:
        if await is_going_on():
            while await is_going_on():  # noqa: ASYNC110 - other processes are waited for
                await asyncio.sleep(_POLL_SECONDS)
            return False
    return await queue.count_enqueued() == enqueued


async def _delivers(sandbox: httpx.AsyncClient) -> bool:
    return bool((await _clock(sandbox))["pending_deliveries"])


async def _runs_dated() -> bool:
    due_at = await find_next_dated()
    return due_at is not None and due_at <= business_now()


async def _has_due() -> bool:
    """Tasks at intervals whose rows are due at a moment: done at once, not when they look next."""
    if not (await count_due_reminders() or await count_due_budgets()):
        return False
    await hasten((TRIAL_REMINDERS, TOKEN_BUDGETS))
    return True


async def _has_overdue() -> bool:
    return await count_overdue() > 0


async def _has_events() -> bool:
    return (await get_backlog()).waiting > 0


async def _has_jobs() -> bool:
    return await queue.count_due() > 0
