"""Statements of the release before Stripe's events were split by month, as it wrote them."""

from datetime import datetime, timedelta

OLDEST = """
    INSERT INTO webhook_event (id, type, object_id, source, state, attempts, next_attempt_at,
        created_at, received_at)
    VALUES ($1, 'customer.updated', 'cus_1', 'WEBHOOK', $2, 0, $3, $3, $3)
"""
STORE = """
    WITH stored AS (
        INSERT INTO webhook_event (id, type, object_id, related_account, source, created_at,
            received_at, next_attempt_at, state, attempts)
        SELECT *, 'RECEIVED', 0 FROM unnest(ARRAY[$1::text], ARRAY['customer.updated'],
            ARRAY['cus_1'], ARRAY[NULL], ARRAY['WEBHOOK'], ARRAY[$2::timestamptz],
            ARRAY[$2::timestamptz], ARRAY[$2::timestamptz])
        ON CONFLICT (id) DO NOTHING
        RETURNING id
    )
    SELECT id FROM stored
"""
STORE_HANDLED = """
    INSERT INTO webhook_event (id, type, object_id, source, created_at, received_at,
        next_attempt_at, state, attempts, handled_at)
    SELECT id, 'customer.updated', '', 'POLL', $2, $2, $2, 'HANDLED', 0, $2
    FROM unnest($1::text[]) AS event (id)
    ON CONFLICT (id) DO NOTHING
"""
FIND_WAITING = "SELECT id FROM webhook_event WHERE id = $1 AND state = 'RECEIVED'"
LIST_WAITING = """
    SELECT id FROM webhook_event WHERE state = 'RECEIVED' AND next_attempt_at <= $2
    ORDER BY next_attempt_at LIMIT $1
"""
MARK_HANDLED = """
    UPDATE webhook_event SET state = 'HANDLED', handled_at = $2, last_error = NULL
    WHERE id = $1 AND state = 'RECEIVED'
"""
LOCK = "SELECT id, state FROM webhook_event WHERE id = $1 FOR NO KEY UPDATE"
PURGE = """
    DELETE FROM webhook_event WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM webhook_event
        WHERE state <> 'RECEIVED' AND received_at < $1
        ORDER BY received_at LIMIT 500 FOR NO KEY UPDATE SKIP LOCKED))
"""


def list_old_events(now: datetime) -> list[tuple[str, str, datetime]]:
    """Id, state and time of what older code has stored: one a day, and some that wait."""
    days = [(f"evt_day_{days}", "HANDLED", now - timedelta(days=days)) for days in range(102)]
    return [("evt_known", "RECEIVED", now), ("evt_old", "RECEIVED", now - timedelta(300)), *days]
