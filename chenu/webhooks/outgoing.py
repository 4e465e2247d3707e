"""The outbox of events: written in the transaction of what they tell of.

An event that no endpoint of its account hears of is not stored. docs/decisions/0071.
"""

from uuid import UUID

import msgspec

from chenu.core import db, queue, tracing
from chenu.core.clock import business_now, system_now
from chenu.core.ids import new_id
from chenu.webhooks.model import MAX_ENDPOINTS, EndpointId, EventKind
from chenu.webhooks.payloads import EventData, write_body

_JOBS = queue.enqueueing(
    queue.Job.WEBHOOK_ENDPOINT,
    "SELECT endpoint::text, $9::jsonb FROM delivery WHERE state = 'WAITING'",
)
_QUEUE = f"""
    WITH listening AS (
        SELECT id, state, row_number() OVER (ORDER BY id) AS number FROM webhook_endpoint
        WHERE account = $2::uuid
            AND CASE WHEN $10::uuid IS NULL THEN $4::text = ANY(kinds) ELSE id = $10::uuid END
    ), event AS (
        INSERT INTO outgoing_event (id, account, business_key, kind, payload, occurred_at)
        SELECT $1::uuid, $2::uuid, $3::text, $4::text, $5::text, $6::timestamptz
        WHERE EXISTS (SELECT 1 FROM listening)
        ON CONFLICT (account, business_key) DO NOTHING
        RETURNING id
    ), delivery AS (
        INSERT INTO webhook_delivery (id, endpoint, event, state, created_at)
        SELECT ($7::uuid[])[listening.number], listening.id, event.id,
            CASE listening.state WHEN 'ON' THEN 'WAITING' ELSE 'HELD' END, $8::timestamptz
        FROM listening CROSS JOIN event
        RETURNING id, endpoint, state
    ), {_JOBS}
    SELECT count(*) FROM delivery
"""  # noqa: S608 - texts of ours


async def queue_event(account_id: UUID, business_key: str, data: EventData) -> None:
    """Part of the caller's transaction; once per account and business key, in one statement."""
    await _queue(account_id, business_key, data.kind, write_body(data), None)


async def queue_test(account_id: UUID, endpoint_id: EndpointId, data: EventData) -> None:
    """For this endpoint alone, whatever it hears of."""
    key = f"test:{new_id()}"
    await _queue(account_id, key, data.kind, write_body(data), endpoint_id)


async def _queue(
    account_id: UUID, business_key: str, kind: EventKind, body: str, only: EndpointId | None
) -> None:
    ids = [new_id() for _ in range(MAX_ENDPOINTS + 1)]
    headers = msgspec.json.encode(tracing.headers()).decode()
    row = (ids[0], account_id, business_key, kind.value, body, business_now())
    await db.execute(_QUEUE, *row, ids[1:], system_now(), headers, only)
