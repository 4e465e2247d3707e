"""Cases: all reports of one agent or review that staff have not decided about."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from chenu.accounts.actor import UserId
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.errors import InvalidState, NotFound
from chenu.core.ids import new_id
from chenu.core.paged_rows import fetch_page
from chenu.core.paging import Keyset, Page, PageRequest
from chenu.core.rows import Columns, update
from chenu.core.text import tidy
from chenu.moderation.report_model import CaseId, CaseState, ReportedKind, ReportGround
from chenu.moderation.report_tables import ReportCase

_OPEN_BEFORE_DECIDED = 10**16
"""More microseconds than any date of ours has since 1970, and few enough for a bigint."""


class CaseRow(msgspec.Struct, frozen=True):
    id: CaseId
    kind: ReportedKind
    subject: UUID
    agent: UUID
    state: CaseState
    place: int
    opened_at: datetime
    decided_by: UserId | None
    decided_at: datetime | None
    reason: str | None

    @property
    def is_open(self) -> bool:
        return self.state is CaseState.OPEN


class GroundCount(msgspec.Struct, frozen=True):
    case_id: CaseId
    ground: ReportGround
    reports: int


_CASES = Columns(CaseRow, ReportCase)
_CASE = f"SELECT {_CASES.select()} FROM report_case"  # noqa: S608 - own columns
_LIST = Keyset("place", "id", descending=False)


async def lock_open_case(kind: ReportedKind, subject: UUID, agent: UUID) -> CaseRow:
    """The one that collects reports of this; opened where there is none."""
    now = business_now()
    row = CaseRow(
        id=CaseId(new_id()),
        kind=kind,
        subject=subject,
        agent=agent,
        state=CaseState.OPEN,
        place=_microseconds(now) - _OPEN_BEFORE_DECIDED,
        opened_at=now,
        decided_by=None,
        decided_at=None,
        reason=None,
    )
    await _CASES.insert(row, "ON CONFLICT (subject) WHERE decided_at IS NULL DO NOTHING")
    found = await find_open_case(subject, lock=True)
    return found if found is not None else await lock_open_case(kind, subject, agent)


def _microseconds(moment: datetime) -> int:
    return int(moment.timestamp()) * 1_000_000 + moment.microsecond


async def find_open_case(subject: UUID, *, lock: bool = False) -> CaseRow | None:
    suffix = " FOR NO KEY UPDATE" if lock else ""
    sql = f"{_CASE} WHERE subject = $1 AND decided_at IS NULL{suffix}"
    return await db.find_one(CaseRow, sql, subject)


async def get_case(case_id: CaseId, *, lock: bool = False) -> CaseRow:
    """Raises NotFound. `lock` holds the row until the transaction ends."""
    suffix = " FOR NO KEY UPDATE" if lock else ""
    found = await db.find_one(CaseRow, f"{_CASE} WHERE id = $1{suffix}", case_id)
    if found is None:
        raise NotFound("There is no such report")
    return found


async def close_case(case: CaseRow, state: CaseState, by: UserId, reason: str) -> None:
    """The caller holds its lock. Raises InvalidState when it is decided already."""
    if not case.is_open:
        raise InvalidState("Somebody has decided about these reports already")
    now = business_now()
    columns = {
        "state": state.value,
        "place": -_microseconds(now),
        "decided_by": by,
        "decided_at": now,
        "reason": tidy(reason),
    }
    await update(ReportCase, case.id, columns)


async def list_cases(page: PageRequest) -> Page[CaseRow]:
    """Open ones first, the oldest before; then those decided, the latest before."""
    return await fetch_page(CaseRow, _CASE, "true", page=page, order=_LIST)


async def count_grounds(case_ids: Sequence[CaseId]) -> list[GroundCount]:
    """How many reports each case has, by ground, the most frequent first."""
    sql = """
        SELECT report_case AS case_id, ground, count(*)::int AS reports FROM content_report
        WHERE report_case = ANY($1) GROUP BY report_case, ground ORDER BY reports DESC, ground
    """
    return await db.fetch_all(GroundCount, sql, list(case_ids))
