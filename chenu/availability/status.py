"""What the status page shows, read at once: now, by day, incidents and maintenance."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

import msgspec

from chenu.availability.figures import Figure, Measured
from chenu.availability.incidents import (
    IncidentId,
    IncidentRow,
    UpdateRow,
    list_incidents,
    list_updates,
)
from chenu.availability.maintenance import MaintenanceRow, list_maintenance
from chenu.availability.samples import Sample, find_first_moment, find_last_sample, list_days
from chenu.availability.slots import start_of_day, start_of_slot
from chenu.core.clock import system_now
from chenu.core.months import month_of

DAYS = 90
_LATE_SLOTS = 3
"""Without a sample for so many slots, no worker is there."""


class ServiceState(StrEnum):
    """DEGRADED: it is available, without some of its web processes."""

    OPERATIONAL = "OPERATIONAL"
    DEGRADED = "DEGRADED"
    DOWN = "DOWN"
    MAINTENANCE = "MAINTENANCE"
    UNKNOWN = "UNKNOWN"


class DayFigure(msgspec.Struct, frozen=True):
    day: date
    figure: Figure


class Status(msgspec.Struct, frozen=True):
    """As of `read_at`, system time. `last` is the newest sample; None before the first.

    `state` is what that sample says; `days` are the last 90, the oldest first.
    """

    read_at: datetime
    state: ServiceState
    last: Sample | None
    since: datetime | None
    month: Figure
    days: Sequence[DayFigure]
    incidents: Sequence[IncidentRow]
    updates: Mapping[IncidentId, Sequence[UpdateRow]]
    maintenance: Sequence[MaintenanceRow]


async def read_measured(first: date, end: date) -> Measured:
    """What figures of days from `first` until before `end` (UTC) are made of."""
    maintenance = await list_maintenance(start_of_day(first))
    last = await find_last_sample()
    return Measured(
        days={row.day: row for row in await list_days(first, end)},
        maintenance=[row.span for row in maintenance],
        since=await find_first_moment(),
        until=_until(last, system_now()),
    )


def _until(last: Sample | None, now: datetime) -> datetime:
    """The slot that runs counts once it is sampled."""
    if last is None:
        return now
    return max(start_of_slot(now, last.seconds), last.until)


async def read_status() -> Status:
    now = system_now()
    today = now.astimezone(UTC).date()
    first = min(today - timedelta(days=DAYS - 1), month_of(now).first_day)
    last = await find_last_sample()
    maintenance = await list_maintenance(start_of_day(first))
    incidents = await list_incidents(start_of_day(first))
    updates: dict[IncidentId, list[UpdateRow]] = {row.id: [] for row in incidents}
    for update in await list_updates(list(updates)):
        updates[update.incident].append(update)
    measured = await read_measured(first, today + timedelta(days=1))
    return Status(
        read_at=now,
        state=judge(last, maintenance, now),
        last=last,
        since=measured.since,
        month=measured.figure(month_of(now).first_day, today + timedelta(days=1)),
        days=_by_day(measured, today),
        incidents=incidents,
        updates=updates,
        maintenance=maintenance,
    )


def _by_day(measured: Measured, today: date) -> list[DayFigure]:
    one = timedelta(days=1)
    days = [today - one * back for back in reversed(range(DAYS))]
    return [DayFigure(day, measured.figure(day, day + one)) for day in days]


def judge(
    last: Sample | None, maintenance: Sequence[MaintenanceRow], now: datetime
) -> ServiceState:
    if any(row.is_under_way(now) for row in maintenance):
        return ServiceState.MAINTENANCE
    if last is None:
        return ServiceState.UNKNOWN
    if is_late(last, now) or not last.is_available:
        return ServiceState.DOWN
    if last.web_ready < last.web_known:
        return ServiceState.DEGRADED
    return ServiceState.OPERATIONAL


def is_late(last: Sample, now: datetime) -> bool:
    """Whether no worker has taken a sample for some slots: none is there."""
    return now - last.at > timedelta(seconds=last.seconds) * _LATE_SLOTS
