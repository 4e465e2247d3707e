"""How far Stripe's lists of events were read: it only moves on, and remembers what was missed."""

import asyncio
from datetime import UTC, datetime, timedelta

from chenu.billing.event_cursor import find_cursor, list_cursors, move_cursor
from chenu.flows.services import Services

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
MEMORY = timedelta(days=30)


async def test_a_list_that_was_never_read_has_no_cursor(services: Services) -> None:
    assert await find_cursor("PLATFORM") is None


async def test_each_list_has_a_cursor_of_its_own(services: Services) -> None:
    await move_cursor("PLATFORM", NOON, NOON - MEMORY)
    await move_cursor("THIN", NOON + timedelta(hours=1), NOON - MEMORY)

    cursors = await list_cursors(["PLATFORM", "THIN"])

    read = {cursor.stream: (cursor.read_until, cursor.missed_seconds) for cursor in cursors}
    assert read == {"PLATFORM": (NOON, 0), "THIN": (NOON + timedelta(hours=1), 0)}


async def test_a_slower_poll_does_not_move_it_back(services: Services) -> None:
    await move_cursor("PLATFORM", NOON, NOON - MEMORY)

    await move_cursor("PLATFORM", NOON - timedelta(minutes=5), NOON - MEMORY)

    cursor = await find_cursor("PLATFORM")
    assert cursor is not None
    assert cursor.read_until == NOON


async def test_what_was_missed_is_counted_once_by_many_pollers_and_stays_counted(
    services: Services,
) -> None:
    await move_cursor("PLATFORM", NOON, NOON - MEMORY)
    late = [NOON + MEMORY + timedelta(hours=2, seconds=number) for number in range(5)]

    await asyncio.gather(*(move_cursor("PLATFORM", at, at - MEMORY) for at in late))
    await move_cursor("PLATFORM", late[-1] + timedelta(hours=1), late[-1] - MEMORY)

    cursor = await find_cursor("PLATFORM")
    assert cursor is not None
    assert 7200 <= cursor.missed_seconds <= 7204
