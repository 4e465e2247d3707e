"""Snapshots of the whole state, in memory: taken and restored in milliseconds.

The database is copied page by page with SQLite's backup API, in both directions. It works for a
file as for memory, and at the size of the demo a copy takes less than a millisecond.
"""

import secrets
import sqlite3
from dataclasses import dataclass, replace
from typing import Any

from chenu.sandbox.engine.clock import wall_now
from chenu.sandbox.engine.faults import FaultRule, Faults
from chenu.sandbox.engine.outbox import DeliveryQueue
from chenu.sandbox.engine.store import Store

MOST_SNAPSHOTS = 50


class TooManySnapshots(Exception):
    """As many snapshots as memory is reserved for: one has to be deleted first."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`created` is wall time; `rng_state` continues the random series of webhook faults."""

    id: str
    created: int
    database: sqlite3.Connection
    fault_rules: tuple[FaultRule, ...]
    rng_state: tuple[Any, ...]


class Snapshots:
    """They live until they are deleted or the process ends."""

    def __init__(self, store: Store, faults: Faults, queue: DeliveryQueue) -> None:
        self._store = store
        self._faults = faults
        self._queue = queue
        self._taken: dict[str, Snapshot] = {}

    def take(self) -> Snapshot:
        """Raises TooManySnapshots."""
        if len(self._taken) >= MOST_SNAPSHOTS:
            raise TooManySnapshots(f"at most {MOST_SNAPSHOTS} snapshots: delete one of them first")
        snapshot = Snapshot(
            f"snap_{secrets.token_hex(8)}",
            wall_now(),
            self._store.copy(),
            tuple(replace(rule) for rule in self._faults.rules),
            self._queue.rng.getstate(),
        )
        self._taken[snapshot.id] = snapshot
        return snapshot

    def find(self, snapshot_id: str) -> Snapshot | None:
        return self._taken.get(snapshot_id)

    def all(self) -> list[Snapshot]:
        """Oldest first."""
        return list(self._taken.values())

    def restore(self, snapshot: Snapshot) -> None:
        """Replace the database, the fault rules and the delivery modes; the snapshot stays."""
        self._store.replace_by(snapshot.database)
        self._faults.rules[:] = [replace(rule) for rule in snapshot.fault_rules]
        self._queue.load_modes()
        self._queue.rng.setstate(snapshot.rng_state)

    def delete(self, snapshot: Snapshot) -> None:
        del self._taken[snapshot.id]
        snapshot.database.close()

    def close(self) -> None:
        for snapshot in self.all():
            self.delete(snapshot)
