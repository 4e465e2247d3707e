"""How far Stripe's lists of events were read, a row per list; polling continues from there."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from chenu.core import db


class EventCursor(msgspec.Struct, frozen=True):
    """`read_until` is in Stripe's time, which is business time."""

    stream: str
    read_until: datetime
    missed_seconds: int


async def find_cursor(stream: str) -> EventCursor | None:
    return next(iter(await list_cursors([stream])), None)


async def list_cursors(streams: Sequence[str]) -> list[EventCursor]:
    sql = "SELECT stream, read_until, missed_seconds FROM event_cursor WHERE stream = ANY($1)"
    return await db.fetch_all(EventCursor, sql, list(streams))


async def move_cursor(stream: str, read_until: datetime, remembered_since: datetime) -> None:
    """After a complete poll; never moves back.

    A gap that Stripe no longer lists is counted once.
    """
    sql = """
        INSERT INTO event_cursor (stream, read_until, missed_seconds) VALUES ($1, $2, 0)
        ON CONFLICT (stream) DO UPDATE SET read_until = excluded.read_until,
            missed_seconds = event_cursor.missed_seconds
                + greatest(0, extract(epoch FROM $3 - event_cursor.read_until))::bigint
        WHERE event_cursor.read_until < excluded.read_until
    """
    await db.execute(sql, stream, read_until, remembered_since)
