"""When a jump of a demo's clock is over: nothing that is due is left, whatever runs meanwhile."""

from datetime import timedelta

import httpx

from chenu.core import db, queue
from chenu.core.clock import business_now, system_now
from chenu.core.scheduled_tasks import add_missing
from chenu.demo.advance import wait_until_quiet
from chenu.flows.services import Services
from chenu.jobs.schedule import RECURRING, count_overdue


class Sandbox:
    """Answers with these numbers of deliveries, then with none; a job may run during the first."""

    def __init__(self, *pending: int, job_runs: bool = False) -> None:
        self.pending, self._job_runs = list(pending), job_runs
        self.asked = 0

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        if self._job_runs:
            self._job_runs = False
            await queue.enqueue(queue.Job.REPAIR, "")
            await db.execute("DELETE FROM pgqueuer")
        pending = self.pending.pop(0) if self.pending else 0
        return httpx.Response(200, json={"pending_deliveries": pending})

    async def is_waited_for(self) -> None:
        transport = httpx.MockTransport(self)
        async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as client:
            await wait_until_quiet(client)


async def test_where_nothing_goes_on_each_is_asked_once(services: Services) -> None:
    sandbox = Sandbox()

    await sandbox.is_waited_for()

    assert sandbox.asked == 1


async def test_what_a_job_left_that_ran_during_the_look_is_waited_for(services: Services) -> None:
    sandbox = Sandbox(0, 1, 1, job_runs=True)

    await sandbox.is_waited_for()

    assert sandbox.pending == []


async def test_only_tasks_that_do_not_rest_are_waited_for(services: Services) -> None:
    await add_missing({task.name: task.recurrence for task in RECURRING})
    assert await count_overdue() == 0

    await db.execute("UPDATE scheduled_task SET due_at = $1", business_now())

    assert await count_overdue() == sum(not task.rests for task in RECURRING)
    assert {"check_books", "purge"} <= {task.name for task in RECURRING if task.rests}
    assert not {"token_budgets", "stop_renewals", "repair"} & {
        task.name for task in RECURRING if task.rests
    }


async def test_a_task_that_failed_is_not_waited_for(services: Services) -> None:
    await add_missing({task.name: task.recurrence for task in RECURRING})
    await db.execute(
        "UPDATE scheduled_task SET due_at = $1, next_attempt_at = $2",
        business_now(),
        system_now() + timedelta(minutes=1),
    )

    assert await count_overdue() == 0
