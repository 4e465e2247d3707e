"""The business clock's offset, shared by all processes of a demo or test through one row."""

from datetime import timedelta
from typing import Protocol

from chenu.core import db
from chenu.core.clock import CLOCK


class ClockSettings(Protocol):
    @property
    def is_movable(self) -> bool:
        """Whether business time may differ from system time: only in the demo and in tests."""


async def follow_clock(settings: ClockSettings) -> None:
    """Read the stored offset and use it; in production this does nothing and runs no query."""
    if settings.is_movable:
        seconds = await db.fetch_value("SELECT offset_seconds FROM business_clock WHERE id = 1")
        if seconds is not None:
            CLOCK.move_to_offset(timedelta(seconds=seconds))


async def begin_clock(offset: timedelta) -> None:
    """Set where business time begins, perhaps behind system time.

    For a database that no other process uses yet: a running one would not go back.
    """
    sql = """
        INSERT INTO business_clock (id, offset_seconds) VALUES (1, $1)
        ON CONFLICT (id) DO UPDATE SET offset_seconds = excluded.offset_seconds
    """
    await db.execute(sql, int(offset.total_seconds()))
    CLOCK.move_to_offset(offset)


async def advance_clock(by: timedelta) -> timedelta:
    """Move business time forward for all processes; returns the new offset."""
    sql = """
        INSERT INTO business_clock (id, offset_seconds) VALUES (1, $1)
        ON CONFLICT (id) DO UPDATE
            SET offset_seconds = business_clock.offset_seconds + excluded.offset_seconds
        RETURNING offset_seconds
    """
    offset = timedelta(seconds=await db.fetch_value(sql, int(by.total_seconds())))
    CLOCK.move_to_offset(offset)
    return offset
