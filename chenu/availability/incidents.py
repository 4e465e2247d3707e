"""Incidents that staff write about, in both languages: opened, updated, resolved."""

from collections.abc import Sequence
from datetime import datetime
from typing import NewType
from uuid import UUID

import msgspec

from chenu.accounts.actor import Actor, Staff, UserId
from chenu.accounts.staff_acts import StaffAct, check_reason, record_staff_act
from chenu.accounts.validation import check_line, check_text
from chenu.availability.tables import Incident, IncidentUpdate
from chenu.core import db
from chenu.core.clock import system_now
from chenu.core.errors import ChenuError, Invalid, InvalidState, NotFound, reject_if_any
from chenu.core.i18n import mark
from chenu.core.ids import new_id
from chenu.core.rows import Columns
from chenu.core.text import tidy

IncidentId = NewType("IncidentId", UUID)

MAX_TITLE, MAX_TEXT = 120, 2_000


class IncidentRow(msgspec.Struct, frozen=True):
    """System time. `resolved_at` None: it goes on."""

    id: IncidentId
    title_fr: str
    title_en: str
    began_at: datetime
    resolved_at: datetime | None
    opened_by: UserId
    created_at: datetime

    def title(self, locale: str) -> str:
        return self.title_fr if locale == "fr" else self.title_en


class UpdateRow(msgspec.Struct, frozen=True):
    id: UUID
    incident: IncidentId
    text_fr: str
    text_en: str
    written_by: UserId
    written_at: datetime

    def text(self, locale: str) -> str:
        return self.text_fr if locale == "fr" else self.text_en


class IncidentInput(msgspec.Struct, frozen=True):
    """`began_at` in the past, as far as it is known."""

    title_fr: str
    title_en: str
    text_fr: str
    text_en: str
    began_at: datetime


_INCIDENTS = Columns(IncidentRow, Incident)
_UPDATES = Columns(UpdateRow, IncidentUpdate)
_SELECT = f"SELECT {_INCIDENTS.select()} FROM incident"  # noqa: S608 - own columns


async def list_incidents(since: datetime, *, limit: int = 100) -> list[IncidentRow]:
    """Those that began since, and those that go on; the newest first."""
    sql = f"""
        {_SELECT} WHERE began_at >= $1 OR resolved_at IS NULL ORDER BY began_at DESC LIMIT {limit}
    """
    return await db.fetch_all(IncidentRow, sql, since)


async def list_updates(incidents: Sequence[IncidentId]) -> list[UpdateRow]:
    """The newest first."""
    sql = f"""
        SELECT {_UPDATES.select()} FROM incident_update WHERE incident = ANY($1)
        ORDER BY id DESC LIMIT 1000
    """  # noqa: S608 - own columns
    return await db.fetch_all(UpdateRow, sql, list(incidents))


async def get_incident(incident_id: IncidentId, *, lock: bool = False) -> IncidentRow:
    """Raises NotFound."""
    suffix = " FOR NO KEY UPDATE" if lock else ""
    found = await db.find_one(IncidentRow, f"{_SELECT} WHERE id = $1{suffix}", incident_id)
    if found is None:
        raise NotFound("There is no such incident")
    return found


async def open_incident(actor: Actor, data: IncidentInput, reason: str) -> IncidentId:
    """With its first update. Raises Unauthenticated, Forbidden, Invalid, Rejected."""
    user_id, now = actor.require_staff(Staff.SUPPORT), system_now()
    reject_if_any([*_check(data, now), *check_reason(reason)])
    row = IncidentRow(
        id=IncidentId(new_id()),
        title_fr=tidy(data.title_fr),
        title_en=tidy(data.title_en),
        began_at=data.began_at,
        resolved_at=None,
        opened_by=user_id,
        created_at=now,
    )

    async def write() -> None:
        await _INCIDENTS.insert(row)
        await _write_update(row.id, user_id, data.text_fr, data.text_en)
        await record_staff_act(actor, StaffAct.INCIDENT_OPEN, row.id, reason, after=row.title_en)

    await db.run_in_transaction(write)
    return row.id


async def update_incident(
    actor: Actor,
    incident_id: IncidentId,
    text_fr: str,
    text_en: str,
    reason: str,
    *,
    resolves: bool = False,
) -> None:
    """Raises Unauthenticated, Forbidden, NotFound, Invalid, InvalidState once it is resolved."""
    user_id = actor.require_staff(Staff.SUPPORT)
    reject_if_any([*_check_texts(text_fr, text_en), *check_reason(reason)])

    async def write() -> None:
        row = await get_incident(incident_id, lock=True)
        if row.resolved_at is not None:
            raise InvalidState("This incident is resolved")
        await _write_update(incident_id, user_id, text_fr, text_en)
        if resolves:
            sql = "UPDATE incident SET resolved_at = $2 WHERE id = $1"
            await db.execute(sql, incident_id, system_now())
        act = StaffAct.INCIDENT_RESOLVE if resolves else StaffAct.INCIDENT_UPDATE
        await record_staff_act(actor, act, incident_id, reason, after=tidy(text_en)[:200])

    await db.run_in_transaction(write)


async def _write_update(
    incident_id: IncidentId, user_id: UserId, text_fr: str, text_en: str
) -> None:
    row = UpdateRow(new_id(), incident_id, tidy(text_fr), tidy(text_en), user_id, system_now())
    await _UPDATES.insert(row)


def _check(data: IncidentInput, now: datetime) -> list[ChenuError]:
    errors = check_line(data.title_fr, path=("title_fr",), longest=MAX_TITLE)
    errors += check_line(data.title_en, path=("title_en",), longest=MAX_TITLE)
    errors += _check_texts(data.text_fr, data.text_en)
    if data.began_at > now:
        message = mark("An incident has begun already: announce what is to come as maintenance")
        errors.append(Invalid(message, path=("began_at",)))
    return errors


def _check_texts(text_fr: str, text_en: str) -> list[ChenuError]:
    return [
        *check_text(text_fr, path=("text_fr",), longest=MAX_TEXT),
        *check_text(text_en, path=("text_en",), longest=MAX_TEXT),
    ]
