"""Scheduled tasks, run in the order of their due times as the clock moves."""

import asyncio
import logging
from collections.abc import Callable

from chenu.sandbox.engine.unit_of_work import Engine, UnitOfWork

logger = logging.getLogger(__name__)

Task = Callable[[UnitOfWork, str], None]

_TASKS: dict[str, Task] = {}


def task(name: str) -> Callable[[Task], Task]:
    """Register what `UnitOfWork.schedule(due, name, subject)` will run, as (unit, subject)."""

    def register(run: Task) -> Task:
        _TASKS[name] = run
        return run

    return register


class Scheduler:
    """Runs each task in a unit of its own, whose moment is the one it was due at."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._advancing = asyncio.Lock()

    def next_due(self) -> int | None:
        """Unix seconds of the clock; None when nothing is planned."""
        due = self._engine.store.value("SELECT MIN(due) FROM tasks")
        return None if due is None else int(due)

    def run_due(self) -> None:
        """Everything that is due by now."""
        while self._run_next(self._engine.clock.now()):
            pass

    async def advance(self, target: int) -> None:
        """Move the clock forward, stopping at each moment at which something is due."""
        async with self._advancing:
            self.run_due()
            while (due := self.next_due()) is not None and due <= target:
                self._move_to(max(due, self._engine.clock.now()))
                self._run_next(due)
                await asyncio.sleep(0)
            self._move_to(max(target, self._engine.clock.now()))

    def _move_to(self, moment: int) -> None:
        self._engine.clock.move_to(moment)
        self._engine.store.set_meta("clock_offset", str(self._engine.clock.offset))

    def _run_next(self, until: int) -> bool:
        row = self._engine.store.execute(
            "SELECT seq, due, name, account, subject FROM tasks WHERE due <= ?"
            " ORDER BY due, seq LIMIT 1",
            (until,),
        ).fetchone()
        if row is None:
            return False
        seq, due, name, account, subject = row
        try:
            with self._engine.unit(now=due, account=account) as unit:
                unit.store.execute("DELETE FROM tasks WHERE seq = ?", (seq,))
                _TASKS[name](unit, subject)
        except Exception:
            # One task with a bug must not stop the clock for all others.
            logger.exception("the task %s of %s failed and is dropped", name, subject)
            self._engine.store.execute("DELETE FROM tasks WHERE seq = ?", (seq,))
        return True

    async def keep_running(self) -> None:
        """Run tasks as real time reaches them, until cancelled."""
        while True:
            self.run_due()
            await asyncio.sleep(1)
