"""What happens by itself as the clock moves: due tasks, run in the order of time."""

import asyncio
import logging
from collections.abc import Callable

from chenu.sandbox.unit import Unit, World

logger = logging.getLogger(__name__)

Task = Callable[[Unit, str], None]

_TASKS: dict[str, Task] = {}


def task(name: str) -> Callable[[Task], Task]:
    """Register what `Unit.schedule(due, name, subject)` will run, as (unit, subject)."""

    def register(run: Task) -> Task:
        _TASKS[name] = run
        return run

    return register


class Scheduler:
    """Runs each task in a unit of its own, whose moment is the one it was due at."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._advancing = asyncio.Lock()

    def next_due(self) -> int | None:
        """Unix seconds of the clock; None when nothing is planned."""
        due = self._world.store.value("SELECT MIN(due) FROM tasks")
        return None if due is None else int(due)

    def run_due(self) -> None:
        """Everything that is due by now."""
        while self._run_next(self._world.clock.now()):
            pass

    async def advance(self, target: int) -> None:
        """Move the clock forward, stopping at each moment at which something is due."""
        async with self._advancing:
            self.run_due()
            while (due := self.next_due()) is not None and due <= target:
                self._move_to(max(due, self._world.clock.now()))
                self._run_next(due)
                await asyncio.sleep(0)
            self._move_to(max(target, self._world.clock.now()))

    def _move_to(self, moment: int) -> None:
        self._world.clock.move_to(moment)
        self._world.store.set_meta("clock_offset", str(self._world.clock.offset))

    def _run_next(self, until: int) -> bool:
        row = self._world.store.execute(
            "SELECT seq, due, name, account, subject FROM tasks WHERE due <= ?"
            " ORDER BY due, seq LIMIT 1",
            (until,),
        ).fetchone()
        if row is None:
            return False
        seq, due, name, account, subject = row
        try:
            with self._world.unit(now=due, account=account) as unit:
                unit.store.execute("DELETE FROM tasks WHERE seq = ?", (seq,))
                _TASKS[name](unit, subject)
        except Exception:
            # One task with a bug must not stop the clock for all others.
            logger.exception("the task %s of %s failed and is dropped", name, subject)
            self._world.store.execute("DELETE FROM tasks WHERE seq = ?", (seq,))
        return True

    async def keep_running(self) -> None:
        """Run tasks as real time reaches them, until cancelled."""
        while True:
            self.run_due()
            await asyncio.sleep(1)
