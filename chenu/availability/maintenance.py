"""Maintenance that staff announce before it begins: its time does not count.

What has begun is never put off, moved or made longer; it may end early. So no later entry changes
what a past moment counted.
"""

from datetime import datetime, timedelta
from typing import NewType
from uuid import UUID

import msgspec

from chenu.accounts.actor import Actor, Staff, UserId
from chenu.accounts.staff_acts import StaffAct, check_reason, record_staff_act
from chenu.accounts.validation import check_line
from chenu.availability.slots import MINUTE, Span, next_minute, start_of_slot
from chenu.availability.tables import Maintenance
from chenu.core import db
from chenu.core.clock import system_now
from chenu.core.errors import ChenuError, Invalid, InvalidState, NotFound, reject_if_any
from chenu.core.i18n import mark
from chenu.core.ids import new_id
from chenu.core.rows import Columns
from chenu.core.text import tidy

MaintenanceId = NewType("MaintenanceId", UUID)

MAX_TITLE = 120
LONGEST = timedelta(days=2)
"""Longer work is announced in parts, so that nobody announces it for good."""


class MaintenanceRow(msgspec.Struct, frozen=True):
    """System time, whole minutes. `announced_by` None: the demo, for the time it did not run."""

    id: MaintenanceId
    title_fr: str
    title_en: str
    starts_at: datetime
    ends_at: datetime
    announced_at: datetime
    announced_by: UserId | None
    canceled_at: datetime | None

    @property
    def span(self) -> Span:
        return Span(self.starts_at, self.ends_at)

    def title(self, locale: str) -> str:
        return self.title_fr if locale == "fr" else self.title_en

    def is_under_way(self, now: datetime) -> bool:
        return self.starts_at <= now < self.ends_at


class MaintenanceInput(msgspec.Struct, frozen=True):
    """Seconds are cut off."""

    title_fr: str
    title_en: str
    starts_at: datetime
    ends_at: datetime


_MAINTENANCE = Columns(MaintenanceRow, Maintenance)
_SELECT = f"SELECT {_MAINTENANCE.select()} FROM maintenance"  # noqa: S608 - own columns


async def list_maintenance(since: datetime) -> list[MaintenanceRow]:
    """What is over after `since`, and what is to come; not what was canceled. In order of time."""
    sql = f"{_SELECT} WHERE ends_at > $1 AND canceled_at IS NULL ORDER BY ends_at LIMIT 10000"
    return await db.fetch_all(MaintenanceRow, sql, since)


async def get_maintenance(row_id: MaintenanceId, *, lock: bool = False) -> MaintenanceRow:
    """Raises NotFound."""
    suffix = " FOR NO KEY UPDATE" if lock else ""
    found = await db.find_one(MaintenanceRow, f"{_SELECT} WHERE id = $1{suffix}", row_id)
    if found is None:
        raise NotFound("There is no such maintenance")
    return found


async def announce_maintenance(actor: Actor, data: MaintenanceInput, reason: str) -> MaintenanceId:
    """Raises Unauthenticated, Forbidden, Invalid, Rejected."""
    user_id = actor.require_staff(Staff.FINANCE)
    starts, ends = start_of_slot(data.starts_at, 60), start_of_slot(data.ends_at, 60)
    now = system_now()
    reject_if_any([*_check(data, Span(starts, ends), now), *check_reason(reason)])
    row = MaintenanceRow(
        id=MaintenanceId(new_id()),
        title_fr=tidy(data.title_fr),
        title_en=tidy(data.title_en),
        starts_at=starts,
        ends_at=ends,
        announced_at=now,
        announced_by=user_id,
        canceled_at=None,
    )

    async def write() -> None:
        await _MAINTENANCE.insert(row)
        after = _describe(row.span)
        await record_staff_act(
            actor, StaffAct.MAINTENANCE_ANNOUNCE, row.id, reason, title=row.title_en, after=after
        )

    await db.run_in_transaction(write)
    return row.id


def _check(data: MaintenanceInput, span: Span, now: datetime) -> list[ChenuError]:
    errors = check_line(data.title_fr, path=("title_fr",), longest=MAX_TITLE)
    errors += check_line(data.title_en, path=("title_en",), longest=MAX_TITLE)
    if span.start <= now:
        message = mark("Maintenance is announced before it begins")
        errors.append(Invalid(message, path=("starts_at",)))
    if not timedelta() < span.end - span.start <= LONGEST:
        message = mark("Maintenance ends after it begins, and lasts two days at most")
        errors.append(Invalid(message, path=("ends_at",)))
    return errors


async def end_maintenance(actor: Actor, row_id: MaintenanceId, reason: str) -> None:
    """Canceled if it has not begun, else over with this minute.

    Raises Unauthenticated, Forbidden, NotFound, Invalid, InvalidState.
    """
    actor.require_staff(Staff.FINANCE)
    reject_if_any(check_reason(reason))

    async def write() -> None:
        row, now = await get_maintenance(row_id, lock=True), system_now()
        if row.canceled_at is not None or row.ends_at <= now:
            raise InvalidState("This maintenance is over, or was canceled")
        if row.starts_at > now:
            sql, value, after = "canceled_at = $2", now, "canceled"
        else:
            sql, value = "ends_at = $2", min(next_minute(now), row.ends_at)
            after = _describe(Span(row.starts_at, value))
        await db.execute(f"UPDATE maintenance SET {sql} WHERE id = $1", row_id, value)  # noqa: S608 - own text
        before = _describe(row.span)
        await record_staff_act(
            actor, StaffAct.MAINTENANCE_END, row_id, reason, before=before, after=after
        )

    await db.run_in_transaction(write)


def _describe(span: Span) -> str:
    return f"{span.start:%Y-%m-%d %H:%M} to {span.end:%Y-%m-%d %H:%M} UTC"


async def excuse_gap(since: datetime, until: datetime, title_fr: str, title_en: str) -> None:
    """For a demo that did not run: as if it had been announced with the demo's end.

    From the minute that `since` is in until that of `until` is over.
    """
    starts, ends = start_of_slot(since, 60), start_of_slot(until, 60) + MINUTE
    row_id = MaintenanceId(new_id())
    await _MAINTENANCE.insert(
        MaintenanceRow(row_id, title_fr, title_en, starts, ends, starts, None, None)
    )
