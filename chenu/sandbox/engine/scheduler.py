"""Scheduled tasks, run in the order of their due times as the clock moves."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from chenu.sandbox.engine import test_clocks
from chenu.sandbox.engine.test_clocks import DueTask
from chenu.sandbox.engine.unit_of_work import Engine, UnitOfWork

logger = logging.getLogger(__name__)

Task = Callable[[UnitOfWork, str], None]

_TASKS: dict[str, Task] = {}

CLOCK_FAILED = "test_clock_failed"
"""The task that runs when a task of a test clock failed; its subject is the clock's id."""


def task(name: str) -> Callable[[Task], Task]:
    """Register what `UnitOfWork.schedule(due, name, subject)` will run, as (unit, subject)."""

    def register(run: Task) -> Task:
        _TASKS[name] = run
        return run

    return register


class Scheduler:
    """Runs each task in a unit of work of its own, at the moment at which it is due."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._advancing = asyncio.Lock()

    def next_due(self, clock_id: str = "") -> int | None:
        """Unix seconds of the global clock, or of a test clock; None when nothing is scheduled."""
        due = self._engine.store.value("SELECT MIN(due) FROM tasks WHERE clock = ?", (clock_id,))
        return None if due is None else int(due)

    def run_due(self) -> None:
        """Run what is due by now on the global clock, and until their targets on test clocks."""
        while self._run_next(self._engine.clock.now()) or self._run_next_on_test_clock():
            pass

    async def advance(self, target: int) -> None:
        """Move the global clock forward, stopping at each moment at which something is due."""
        async with self._advancing:
            self.run_due()
            while (due := self.next_due()) is not None and due <= target:
                self._move_to(max(due, self._engine.clock.now()))
                self._run_next(due)
                await asyncio.sleep(0)
            self._move_to(max(target, self._engine.clock.now()))

    @asynccontextmanager
    async def standing_still(self) -> AsyncIterator[None]:
        """Wait for an advance of the global clock to end, and let none begin."""
        async with self._advancing:
            yield

    def _move_to(self, moment: int) -> None:
        self._engine.clock.move_to(moment)
        self._engine.store.set_meta("clock_offset", str(self._engine.clock.offset))

    def _run_next(self, until: int) -> bool:
        row = self._engine.store.execute(
            "SELECT seq, clock, due, name, account, subject FROM tasks"
            " WHERE clock = '' AND due <= ? ORDER BY due, seq LIMIT 1",
            (until,),
        ).fetchone()
        if row is None:
            return False
        self._run(DueTask(*row))
        return True

    def _run_next_on_test_clock(self) -> bool:
        due_task = test_clocks.find_due_task(self._engine.store)
        if due_task is None:
            return False
        test_clocks.move_to(self._engine.store, due_task.clock, due_task.due)
        if not self._run(due_task):
            test_clocks.stop_clock(self._engine.store, due_task.clock)
            with self._engine.unit() as unit:
                _TASKS[CLOCK_FAILED](unit, due_task.clock)
        return True

    def _run(self, due_task: DueTask) -> bool:
        """False when the task failed. It is dropped, so that it does not block all others."""
        try:
            with self._engine.unit(
                now=due_task.due, test_clock=due_task.clock, account=due_task.account
            ) as unit:
                unit.store.execute("DELETE FROM tasks WHERE seq = ?", (due_task.seq,))
                _TASKS[due_task.name](unit, due_task.subject)
        except Exception:
            logger.exception("the task %s of %s failed", due_task.name, due_task.subject)
            self._engine.store.execute("DELETE FROM tasks WHERE seq = ?", (due_task.seq,))
            return False
        return True

    async def keep_running(self) -> None:
        """Run tasks as real time reaches them, until cancelled."""
        while True:
            self.run_due()
            await asyncio.sleep(1)
