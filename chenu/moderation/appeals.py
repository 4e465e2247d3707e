"""Appeals: one against each decision, within six months, decided by somebody else.

Regulation (EU) 2022/2065, article 20. docs/decisions/0051.
"""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from chenu.accounts.actor import Actor, UserId
from chenu.accounts.validation import check_text
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.errors import InvalidState, NotFound, reject_if_any
from chenu.core.ids import new_id
from chenu.core.paged_rows import fetch_page
from chenu.core.paging import Page, PageRequest, by_id
from chenu.core.rows import Columns, update
from chenu.core.text import tidy
from chenu.moderation.decisions import DecisionRow, get_own_decision
from chenu.moderation.model import AppealId, AppealState, DecisionGround, DecisionId, DecisionKind
from chenu.moderation.tables import Appeal

MAX_APPEAL = 4000
APPEAL_WITHIN = timedelta(days=183)
"""Six months at least, whichever months they are."""


class AppealRow(msgspec.Struct, frozen=True):
    id: AppealId
    decision: DecisionId
    appellant: UserId
    body: str
    state: AppealState
    created_at: datetime
    decided_by: UserId | None
    decided_at: datetime | None
    answer: str | None

    @property
    def is_waiting(self) -> bool:
        return self.state is AppealState.WAITING


class WaitingAppeal(msgspec.Struct, frozen=True):
    """A line of the queue; `decided_by` took the decision, and may not decide the appeal."""

    id: AppealId
    decision: DecisionId
    kind: DecisionKind
    subject: UUID
    subject_name: str
    ground: DecisionGround
    facts: str
    decided_by: UserId
    decided_at: datetime
    appellant: UserId
    body: str
    created_at: datetime


_APPEALS = Columns(AppealRow, Appeal)
_APPEAL = f"SELECT {_APPEALS.select()} FROM appeal"  # noqa: S608 - own columns
_WAITING = """
    SELECT a.id, a.decision, d.kind, d.subject, d.subject_name, d.ground, d.facts, d.decided_by,
        d.decided_at, a.appellant, a.body, a.created_at
    FROM appeal a JOIN moderation_decision d ON d.id = a.decision
"""


def last_moment_of_appeal(decision: DecisionRow) -> datetime:
    return decision.decided_at + APPEAL_WITHIN


async def find_appeal_against(decision_id: DecisionId) -> AppealRow | None:
    return await db.find_one(AppealRow, f"{_APPEAL} WHERE decision = $1", decision_id)


async def insert_appeal(actor: Actor, decision_id: DecisionId, body: str) -> AppealRow:
    """Raises NotFound for somebody else's decision, Invalid, InvalidState: too late, or again."""
    decision = await get_own_decision(actor, decision_id)
    reject_if_any(check_text(body, path=("body",), longest=MAX_APPEAL))
    if business_now() > last_moment_of_appeal(decision):
        raise InvalidState("The six months for an appeal against this decision are over")
    row = AppealRow(
        id=AppealId(new_id()),
        decision=decision_id,
        appellant=actor.require_user(),
        body=tidy(body),
        state=AppealState.WAITING,
        created_at=business_now(),
        decided_by=None,
        decided_at=None,
        answer=None,
    )
    if not await _APPEALS.insert(row, "ON CONFLICT (decision) DO NOTHING"):
        raise InvalidState("You have appealed against this decision already")
    return row


async def get_appeal(appeal_id: AppealId, *, lock: bool = False) -> AppealRow:
    """For staff. Raises NotFound. `lock` holds the row until the transaction ends."""
    suffix = " FOR NO KEY UPDATE" if lock else ""
    found = await db.find_one(AppealRow, f"{_APPEAL} WHERE id = $1{suffix}", appeal_id)
    if found is None:
        raise NotFound("There is no such appeal")
    return found


async def close_appeal(appeal_id: AppealId, state: AppealState, by: UserId, answer: str) -> None:
    columns = {
        "state": state.value,
        "decided_by": by,
        "decided_at": business_now(),
        "answer": tidy(answer),
    }
    await update(Appeal, appeal_id, columns)


async def list_waiting_appeals(page: PageRequest) -> Page[WaitingAppeal]:
    """The oldest first, as ids are made in order of time."""
    order = by_id("a.id", descending=False)
    return await fetch_page(WaitingAppeal, _WAITING, "a.state = 'WAITING'", page=page, order=order)
