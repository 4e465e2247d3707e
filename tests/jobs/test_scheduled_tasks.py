"""Due times are rows: restarts forget nothing, two workers run nothing twice, months are dated."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from chenu.core import db
from chenu.core.business_clock import advance_clock
from chenu.core.clock import CLOCK, business_now, system_now
from chenu.core.ids import new_id
from chenu.core.recurrence import Every, Monthly
from chenu.core.scheduled_tasks import LEASE, add_missing, claim, finish, list_claimable
from chenu.demo import advance
from chenu.flows.services import Services
from chenu.jobs import schedule
from chenu.jobs.recurring import Recurring
from chenu.jobs.schedule import run_due, run_schedule
from tests.rows import count, put
from tests.waiting import until

MINUTE = Every(timedelta(minutes=1))


class Counted:
    """A task that records its due times; it fails as often as the test sets."""

    def __init__(self, *failures: Exception) -> None:
        self.ran: list[datetime] = []
        self._failures = list(failures)

    async def __call__(self, services: Services, due_at: datetime) -> None:
        self.ran.append(due_at)
        if self._failures:
            raise self._failures.pop(0)

    async def has_run(self) -> bool:
        return bool(self.ran)


async def add(recurring: Recurring, due_at: datetime | None = None) -> None:
    await add_missing({recurring.name: recurring.recurrence})
    if due_at is not None:
        await put("scheduled_task", "due_at", due_at)


async def run_until(services: Services, tasks: list[Recurring], happened: Any) -> None:
    """A worker's schedule, stopped then."""
    stop = asyncio.Event()
    running = asyncio.create_task(run_schedule(services, stop, tasks))
    try:
        await until(happened)
    finally:
        stop.set()
        await running


async def test_workers_at_once_run_a_task_once(services: Services) -> None:
    task = Counted()
    recurring = Recurring("once", MINUTE, task)
    await add(recurring, business_now())

    await asyncio.gather(*(run_due(services, recurring, new_id()) for _ in range(8)))

    assert len(task.ran) == 1
    assert await count("scheduled_task", "due_at > now() AND claimed_by IS NULL") == 1


async def test_a_restart_remembers_when_a_task_is_due(services: Services) -> None:
    due_at = business_now() + timedelta(minutes=7)
    recurring = Recurring("remembered", MINUTE, Counted())
    await add(recurring, due_at)

    await add(recurring)

    assert await db.fetch_value("SELECT due_at FROM scheduled_task") == due_at


async def test_what_was_missed_while_no_worker_was_there_is_done_at_once(
    services: Services,
) -> None:
    task = Counted()
    recurring = Recurring("missed", MINUTE, task)
    missed = business_now() - timedelta(days=3)
    await add(recurring, missed)

    await run_until(services, [recurring], task.has_run)

    assert task.ran == [missed]
    assert await list_claimable() == []


async def test_a_worker_that_died_leaves_its_task_after_the_lease(services: Services) -> None:
    recurring = Recurring("left", MINUTE, Counted())
    await add(recurring, business_now())
    assert await claim("left", new_id()) is not None
    while_it_lives = await claim("left", new_id())

    await put("scheduled_task", "claimed_until", system_now())
    afterwards = await claim("left", new_id())

    assert (while_it_lives, afterwards is not None) == (None, True)


async def test_who_was_given_up_does_not_move_the_due_time_of_its_successor(
    services: Services,
) -> None:
    await add(Recurring("slow", MINUTE, Counted()), business_now())
    slow = await claim("slow", new_id())
    assert slow is not None
    await put("scheduled_task", "claimed_until", system_now())
    successor = new_id()
    await claim("slow", successor)

    await finish(slow, MINUTE, None)

    assert await count("scheduled_task", "claimed_by = $1", successor) == 1


async def test_a_lease_is_renewed_while_the_task_runs(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedule, "LEASE", timedelta(seconds=0.03))
    started = system_now()

    async def wait_for_renewal(_: Services, due_at: datetime) -> None:
        sql = "claimed_until > $1"
        await until(lambda: count("scheduled_task", sql, started + LEASE + timedelta(seconds=0.2)))

    recurring = Recurring("long", MINUTE, wait_for_renewal)
    await add(recurring, business_now())

    await run_due(services, recurring, new_id())

    assert await count("scheduled_task", "last_error IS NULL AND claimed_by IS NULL") == 1


@pytest.mark.parametrize(
    ("error", "event"), [(KeyError("x"), "scheduled_task_broke")], ids=["a mistake of ours"]
)
async def test_a_task_that_fails_waits_with_the_exception_s_name_and_its_neighbour_runs(
    services: Services, error: Exception, event: str
) -> None:
    poison, neighbour = Counted(error), Counted()
    tasks = [Recurring("poison", MINUTE, poison), Recurring("neighbour", MINUTE, neighbour)]
    for task in tasks:
        await add(task)
    due_at = business_now()
    await put("scheduled_task", "due_at", due_at)

    with capture_logs() as logs:
        await run_until(services, tasks, neighbour.has_run)

    waits = "name = 'poison' AND last_error = 'KeyError' AND next_attempt_at > $1 AND due_at = $2"
    assert await count("scheduled_task", waits, system_now(), due_at) == 1
    assert [line["event"] for line in logs] == [event]


async def test_a_run_that_failed_comes_again_for_the_same_moment(services: Services) -> None:
    task = Counted(KeyError("x"))
    recurring = Recurring("again", Monthly(), task)
    due_at = datetime(2026, 1, 1, 6, tzinfo=UTC)
    await add(recurring, due_at)
    await run_due(services, recurring, new_id())
    await run_due(services, recurring, new_id())
    await put("scheduled_task", "next_attempt_at", system_now())

    await run_due(services, recurring, new_id())

    assert task.ran == [due_at, due_at]
    february = datetime(2026, 2, 1, 6, tzinfo=UTC)
    assert await count("scheduled_task", "failures = 0 AND due_at = $1", february) == 1


async def test_months_that_are_skipped_at_once_each_have_their_run_in_order(
    services: Services,
) -> None:
    """A task with an interval runs once for all missed times."""
    monthly, often = Counted(), Counted()
    tasks = [Recurring("monthly", Monthly(), monthly), Recurring("often", MINUTE, often)]
    for task in tasks:
        await add(task)
    start = business_now()
    await advance_clock(timedelta(days=100))

    while names := await list_claimable():
        for task in tasks:
            if task.name in names:
                await run_due(services, task, new_id())

    first = Monthly().first(start)
    dues = [first]
    while (following := Monthly().following(dues[-1], business_now())) <= business_now():
        dues.append(following)
    assert len(dues) >= 3
    assert monthly.ran == dues
    assert len(often.ran) == 1


async def test_the_demo_s_clock_stops_at_each_dated_task(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monthly = Recurring("monthly", Monthly(), Counted())
    monkeypatch.setattr(schedule, "RECURRING", (monthly,))  # others may be due before
    await add_missing({task.name: task.recurrence for task in schedule.RECURRING})
    due_at = business_now() + timedelta(hours=5)
    await put("scheduled_task", "due_at", due_at, "name = 'monthly'")
    step = await advance._until_task()

    await advance_clock(step)

    assert timedelta(hours=5) - step < timedelta(seconds=1)
    assert due_at <= business_now() < due_at + timedelta(seconds=30)
    assert CLOCK.offset == step


async def test_a_schedule_without_its_database_goes_on(services: Services) -> None:
    task = Counted()
    recurring = Recurring("later", MINUTE, task)
    pool, db.ENGINE.pool = db.ENGINE.pool, None
    stop = asyncio.Event()
    with capture_logs() as logs:
        running = asyncio.create_task(run_schedule(services, stop, [recurring]))

        async def has_failed() -> bool:
            return bool(logs)

        await until(has_failed)
        db.ENGINE.pool = pool
        await until(lambda: count("scheduled_task"))
    stop.set()
    await running

    assert {line["event"] for line in logs} == {"schedule_lost"}
