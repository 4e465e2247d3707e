"""One unit of work: everything that a request, a page or a due task changes commits together."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Protocol

from chenu.sandbox.config import API_VERSION, SandboxConfig
from chenu.sandbox.engine import test_clocks
from chenu.sandbox.engine.clock import Clock
from chenu.sandbox.engine.errors import missing
from chenu.sandbox.engine.ids import IdSource
from chenu.sandbox.engine.json_types import Json, copy_json
from chenu.sandbox.engine.store import PLATFORM, Record, Store


class Outbox(Protocol):
    """Where emitted events go: see chenu.sandbox.engine.outbox."""

    def queue(self, unit: "UnitOfWork", event: Record) -> int:
        """Queue an event for its receivers; how many there are."""

    def queue_for(self, unit: "UnitOfWork", event: Record, receiver_id: str) -> None:
        """Queue an event for one receiver."""

    def committed(self) -> None:
        """Called after the commit: queued deliveries may be sent."""


@dataclass
class Engine:
    """What all units of work share; `unit` opens one."""

    config: SandboxConfig
    store: Store
    clock: Clock
    ids: IdSource
    outbox: Outbox

    @contextmanager
    def unit(
        self,
        *,
        now: int | None = None,
        test_clock: str = "",
        account: str = PLATFORM,
        request_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> Iterator["UnitOfWork"]:
        """A transaction. `now` is the due time of a task, on the global or on that test clock."""
        count = self.ids.count
        with self.store.transaction():
            moment = self.clock.now() if now is None else now
            global_now = self.clock.now() if test_clock else moment
            yield UnitOfWork(
                self, moment, global_now, account, test_clock, request_id, idempotency_key
            )
            if self.ids.count != count:
                self.store.set_meta("ids", str(self.ids.count))
        self.outbox.committed()


@dataclass(slots=True)
class UnitOfWork:
    """What handlers work with: the store at one moment, acting for one account."""

    engine: Engine
    now: int
    """Unix seconds of the clock that governs what is done: the global one, or a test clock."""
    global_now: int
    account: str = PLATFORM
    test_clock: str = ""
    """The id of the customer's test clock; empty on the global clock."""
    request_id: str | None = None
    idempotency_key: str | None = None

    @property
    def store(self) -> Store:
        return self.engine.store

    @property
    def config(self) -> SandboxConfig:
        return self.engine.config

    def on(self, account: str) -> "UnitOfWork":
        """The same unit of work, acting for another account."""
        return replace(self, account=account)

    def on_clock_of(self, record: Record) -> "UnitOfWork":
        """The same unit of work, on the clock of a customer or of an object of a customer."""
        clock_id = record.internal.get("test_clock")
        customer_id = record.body.get("customer")
        if not clock_id and customer_id:
            customer = self.find("customer", customer_id)
            clock_id = customer.internal.get("test_clock") if customer else None
        return self.on_test_clock(clock_id or "")

    def on_test_clock(self, clock_id: str) -> "UnitOfWork":
        """The same unit of work on that test clock; on the global clock if it does not exist."""
        time = test_clocks.find_time(self.store, clock_id) if clock_id else None
        if time is None:
            return self.on_global_clock()
        return replace(self, now=time, test_clock=clock_id)

    def on_global_clock(self) -> "UnitOfWork":
        """The same unit of work on the global clock, which governs accounts and balances."""
        return replace(self, now=self.global_now, test_clock="")

    def new_id(self, kind: str) -> str:
        return self.engine.ids.new(kind)

    def token(self, length: int = 32) -> str:
        return self.engine.ids.token(length)

    def create(self, kind: str, body: Json, *, internal: Json | None = None) -> Record:
        """Store a new object of the acting account; `body` names its `id`."""
        hidden = dict(internal or {})
        if self.test_clock:
            hidden["test_clock"] = self.test_clock
        return self.store.insert(kind, self.account, self.now, body, hidden)

    def find(self, kind: str, object_id: str) -> Record | None:
        return self.store.find(kind, object_id, self.account)

    def get(
        self, kind: str, object_id: str, *, param: str | None = None, noun: str | None = None
    ) -> Record:
        """Raises ApiError, with `param` as the parameter that named the object, if one did."""
        record = self.find(kind, object_id)
        if record is None:
            raise missing(noun or kind.replace(".", " ").replace("_", " "), object_id, param)
        return record

    def save(self, record: Record) -> None:
        self.store.save(record)

    @contextmanager
    def change(self, record: Record, event: str | None = None) -> Iterator[Json]:
        """Edit `record.body`, save it, and emit `event` if something did change."""
        before = copy_json(record.body)
        yield record.body
        self.save(record)
        previous = differences(before, record.body)
        if event and previous:
            self.emit(event, record.body, previous)

    def emit(self, kind: str, body: Json, previous: Json | None = None) -> Record:
        """A snapshot event of the acting account. `previous`: the old values of what changed."""
        data: Json = {"object": body}
        if previous is not None:
            data["previous_attributes"] = previous
        event: Json = {
            "id": self.new_id("event"),
            "object": "event",
            "api_version": API_VERSION,
            "created": self.now,
            "data": copy_json(data),
            "livemode": False,
            "pending_webhooks": 0,
            "request": {"id": self.request_id, "idempotency_key": self.idempotency_key},
            "type": kind,
        }
        if self.account:
            event["account"] = self.account
        return self._publish("event", event)

    def publish_thin(self, body: Json, internal: Json) -> Record:
        """Store and queue a v2 event that chenu.sandbox.engine.thin_events has made."""
        return self._publish("v2.core.event", body, internal)

    def _publish(self, kind: str, body: Json, internal: Json | None = None) -> Record:
        record = self.create(kind, body, internal=internal)
        receivers = self.engine.outbox.queue(self, record)
        if kind == "event" and receivers:
            record.body["pending_webhooks"] = receivers
            self.save(record)
        return record

    def schedule(self, due: int, task: str, subject: str) -> None:
        """Run a task at a moment of the clock; scheduling the same task again has no effect."""
        self.store.execute(
            "INSERT OR IGNORE INTO tasks (clock, due, name, account, subject)"
            " VALUES (?, ?, ?, ?, ?)",
            (self.test_clock, due, task, self.account, subject),
        )


def differences(before: Json, after: Json) -> Json:
    """The old values of what changed, nested hashes reduced to their changed keys."""
    changed: Json = {}
    for key in before.keys() | after.keys():
        old, new = before.get(key), after.get(key)
        if old == new:
            continue
        if isinstance(old, dict) and isinstance(new, dict) and old.get("object") is None:
            changed[key] = differences(old, new)
        else:
            changed[key] = old
    return changed
