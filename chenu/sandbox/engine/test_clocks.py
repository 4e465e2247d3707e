"""The times of test clocks. A test clock governs the objects of its customers; it stands still.

`time` is where the clock stands. `target` is where it is advancing to; both are equal when it has
arrived. Its tasks run until `target`, in the order of their due times.
"""

from dataclasses import dataclass

from chenu.sandbox.engine.store import Store


@dataclass(frozen=True, slots=True)
class DueTask:
    """A task that has to run now, and the clock it is scheduled on; empty for the global one."""

    seq: int
    clock: str
    due: int
    name: str
    account: str
    subject: str


def add_clock(store: Store, clock_id: str, time: int) -> None:
    store.execute("INSERT INTO clocks (id, time, target) VALUES (?, ?, ?)", (clock_id, time, time))


def find_time(store: Store, clock_id: str) -> int | None:
    """Unix seconds at which the clock stands; None for an unknown clock."""
    time = store.value("SELECT time FROM clocks WHERE id = ?", (clock_id,))
    return None if time is None else int(time)


def set_target(store: Store, clock_id: str, target: int) -> None:
    """Let the scheduler run the clock's tasks until the target."""
    store.execute("UPDATE clocks SET target = ? WHERE id = ?", (target, clock_id))


def move_to(store: Store, clock_id: str, time: int) -> None:
    """Move the clock forward; a time that lies behind it changes nothing."""
    store.execute("UPDATE clocks SET time = MAX(time, ?) WHERE id = ?", (time, clock_id))


def stop_clock(store: Store, clock_id: str) -> None:
    """Leave the clock where it stands: no further task runs."""
    store.execute("UPDATE clocks SET target = time WHERE id = ?", (clock_id,))


def remove_clock(store: Store, clock_id: str) -> None:
    """Remove the clock and the tasks that are scheduled on it."""
    store.execute("DELETE FROM tasks WHERE clock = ?", (clock_id,))
    store.execute("DELETE FROM clocks WHERE id = ?", (clock_id,))


def find_due_task(store: Store) -> DueTask | None:
    """The next task of all test clocks that is due before the clock's target."""
    row = store.execute(
        "SELECT t.seq, t.clock, t.due, t.name, t.account, t.subject"
        " FROM clocks AS c CROSS JOIN tasks AS t ON t.clock = c.id AND t.due <= c.target"
        " ORDER BY t.due, t.seq LIMIT 1"
    ).fetchone()
    return DueTask(*row) if row else None
