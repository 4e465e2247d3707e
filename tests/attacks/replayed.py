"""What staff may have done once more: one of each, as its page shows it."""

from datetime import UTC, datetime
from typing import Any

from chenu.core import db
from chenu.ledger.operations import OperationKind

WHEN = datetime(2099, 1, 1, tzinfo=UTC)
"""None of them comes by itself before."""

SEEN = {
    "operation": f"INTENT 0 0 {WHEN}",
    "event": f"FAILED 0 {WHEN}",
    "job": f"queued 0 {WHEN}",
    "task": f"{WHEN} 1 {WHEN}",
    "mail": f"QUEUED 0 {WHEN}",
}
"""What their pages say of them: chenu/flows/replays.py."""

_OPERATION = """
    UPDATE operation SET next_check_at = $2 WHERE kind = $1 AND state = 'INTENT' RETURNING id
"""
_EVENT = """
    INSERT INTO stripe_event
        (id, type, object_id, state, last_error, next_attempt_at, created_at, received_at)
    VALUES ('evt_world', 'customer.updated', 'cus_world', 'FAILED', 'broken', $1, now(), now())
    RETURNING id
"""
_MAIL = """
    UPDATE outbox_mail SET next_attempt_at = $1
    WHERE to_address = 'buyer@example.org' AND kind = 'RECEIPT' RETURNING id
"""
_JOB = """
    UPDATE pgqueuer SET execute_after = $1
    WHERE id = (SELECT id FROM pgqueuer WHERE entrypoint = 'mail' LIMIT 1) RETURNING id
"""
_TASK = """
    INSERT INTO scheduled_task (name, due_at, failures, last_error, next_attempt_at)
    VALUES ('purge', $1, 1, 'broken', $1)
    ON CONFLICT (name) DO UPDATE SET due_at = $1, failures = 1, next_attempt_at = $1
    RETURNING name
"""


async def put_replayable() -> dict[str, Any]:
    return {
        "operation": await db.fetch_value(_OPERATION, OperationKind.INVOICE_DOCUMENT, WHEN),
        "event": await db.fetch_value(_EVENT, WHEN),
        "mail": await db.fetch_value(_MAIL, WHEN),
        "job": await db.fetch_value(_JOB, WHEN),
        "task": await db.fetch_value(_TASK, WHEN),
    }
