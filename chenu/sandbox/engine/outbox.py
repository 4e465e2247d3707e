"""Decides who receives an event, and queues deliveries in the unit of work that emitted it."""

import random
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields

from chenu.sandbox.engine.clock import wall_ms
from chenu.sandbox.engine.json_types import Json, dumps, loads
from chenu.sandbox.engine.store import PLATFORM, Record, Store
from chenu.sandbox.engine.unit_of_work import UnitOfWork


@dataclass(slots=True)
class DeliveryModes:
    """How deliveries are ordered, repeated, lost or delayed; set by POST /_sandbox/webhooks."""

    mode: str = "ordered"
    """`ordered`: one after the other for each receiver. `shuffle`: at random, many at once."""
    duplicate: float = 0.0
    """Probability that a delivery comes more than once."""
    max_copies: int = 2
    """How often at most; each number from two on is as likely."""
    drop: float = 0.0
    """Probability that a delivery never comes; the event is still listed by the API."""
    delay_ms: int = 0
    wrong_secret: bool = False
    stale: bool = False
    """Sign with a timestamp of ten minutes ago."""
    seed: int = 0
    paused: bool = False
    max_concurrent: int = 8

    def changed(self, given: Json) -> "DeliveryModes":
        """With some values replaced; raises ValueError for an invalid value."""
        known = {one.name: type(one.default) for one in fields(self)}
        for name, value in given.items():
            expected = known.get(name)
            if expected is None:
                raise ValueError(f"unknown mode {name}")
            number = expected is float and isinstance(value, int)
            if not (number or type(value) is expected):
                raise ValueError(f"{name} is a {expected.__name__}")
        new = DeliveryModes(**{**asdict(self), **given})
        shares = all(0 <= share <= 1 for share in (new.duplicate, new.drop))
        if new.mode not in ("ordered", "shuffle") or not shares or new.max_concurrent < 1:
            raise ValueError("mode is ordered or shuffle, duplicate and drop are 0 to 1")
        if new.max_copies < 2:
            raise ValueError("max_copies is 2 or more")
        return new


class DeliveryQueue:
    """The outbox of units of work: it queues deliveries as rows, which the sender reads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.modes = DeliveryModes()
        self._rng = random.Random(0)  # noqa: S311 - not a secret
        self._has_new = False
        self.on_wake: Callable[[], None] = lambda: None
        self.load_modes()

    def load_modes(self) -> None:
        """Read the modes from the store."""
        self.modes = DeliveryModes(**loads(self._store.get_meta("webhook_modes", "{}")))
        self._rng = random.Random(self.modes.seed)  # noqa: S311 - not a secret

    @property
    def rng(self) -> random.Random:
        """The random source of webhook faults; the modes hold its seed."""
        return self._rng

    def committed(self) -> None:
        if self._has_new:
            self._has_new = False
            self.on_wake()

    def wake(self) -> None:
        """Make the sender check the queue, after a change of modes or a request to resend."""
        self.on_wake()

    def set_modes(self, modes: DeliveryModes) -> None:
        self._store.set_meta("webhook_modes", dumps(asdict(modes)).decode())
        self.load_modes()
        self.wake()

    def queue(self, unit: UnitOfWork, event: Record) -> int:
        receivers = [
            *(r for r in _all(unit, "webhook_endpoint") if _endpoint_wants(r, event)),
            *(r for r in _all(unit, "v2.core.event_destination") if _destination_wants(r, event)),
        ]
        for receiver in receivers:
            self.queue_for(unit, event, receiver.id)
        return len(receivers)

    def queue_for(self, unit: UnitOfWork, event: Record, receiver_id: str) -> None:
        """Queue for one receiver, with the faults that are set."""
        self._has_new = True
        status = "dropped" if self._rng.random() < self.modes.drop else "pending"
        is_copied = self._rng.random() < self.modes.duplicate
        copies = self._rng.randint(2, self.modes.max_copies) if is_copied else 1
        due = wall_ms() + self.modes.delay_ms
        for _ in range(copies):
            unit.store.execute(
                "INSERT INTO deliveries (event, endpoint, status, due, created)"
                " VALUES (?, ?, ?, ?, ?)",
                (event.id, receiver_id, status, due, unit.now),
            )


def _all(unit: UnitOfWork, kind: str) -> list[Record]:
    return unit.store.select(kind, PLATFORM, oldest_first=True)


def _wants_type(enabled: list[str], event: Record) -> bool:
    return "*" in enabled or event.body["type"] in enabled


def _endpoint_wants(endpoint: Record, event: Record) -> bool:
    return (
        event.kind == "event"
        and endpoint.body["status"] == "enabled"
        and endpoint.internal["connect"] == bool(event.account)
        and _wants_type(endpoint.body["enabled_events"], event)
    )


def _destination_wants(destination: Record, event: Record) -> bool:
    body = destination.body
    thin = event.kind == "v2.core.event"
    source = "@accounts" if event.body.get("context") or event.account else "@self"
    return (
        body["status"] == "enabled"
        and body["event_payload"] == ("thin" if thin else "snapshot")
        and source in body["events_from"]
        and _wants_type(body["enabled_events"], event)
    )
