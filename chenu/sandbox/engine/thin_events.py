"""Events of API v2: small, unversioned, with a reference to what changed."""

from typing import Any

from chenu.sandbox.engine.clock import rfc3339, wall_ms
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import PLATFORM, Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork


def emit_thin(
    unit: UnitOfWork,
    kind: str,
    *,
    related: Json | None,
    account: str | None = None,
    data: Json | None = None,
    changes: Json | None = None,
    receiver: str | None = None,
) -> Record:
    """Store an event and queue it for its receivers.

    `related`: {"id", "type", "url"}. `account`: the connected account that it comes from.
    `receiver`: send it to that destination only, as a ping is.
    """
    body: Json = {
        "id": unit.new_id("v2.core.event"),
        "object": "v2.core.event",
        "changes": changes,
        "context": account,
        "created": _stamp(unit),
        "livemode": False,
        "reason": _reason(unit),
        "snapshot_event": None,
        "type": kind,
    }
    internal = {"related_object": related, "data": data}
    platform = unit.on(PLATFORM)
    if receiver is None:
        return platform.publish_thin(body, internal)
    record = platform.create("v2.core.event", body, internal=internal)
    platform.engine.outbox.queue_for(platform, record, receiver)
    return record


def notification(event: Record) -> Json:
    """What is sent to destinations: no data, but the related object."""
    shown: Json = {
        key: event.body[key]
        for key in ("id", "object", "type", "livemode", "created", "context", "reason")
    }
    if event.internal["related_object"]:
        shown["related_object"] = event.internal["related_object"]
    return shown


def _reason(unit: UnitOfWork) -> Any:
    if unit.request_id is None:
        return None
    key = unit.idempotency_key or ""
    return {"type": "request", "request": {"id": unit.request_id, "idempotency_key": key}}


def _stamp(unit: UnitOfWork) -> str:
    """The clock's time in milliseconds, always rising, because it is the cursor of event pages."""
    last = int(unit.store.get_meta("last_thin_ms", "0"))
    stamp = max(unit.now * 1000 + wall_ms() % 1000, last + 1)
    unit.store.set_meta("last_thin_ms", str(stamp))
    return rfc3339(*divmod(stamp, 1000))
