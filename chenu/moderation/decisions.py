"""Statements of reasons: written with the decision, read by whom it is about."""

from datetime import datetime
from uuid import UUID

import msgspec

from chenu.accounts.actor import Actor, UserId
from chenu.accounts.validation import check_text
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.errors import ChenuError, NotFound, reject_if_any
from chenu.core.ids import new_id
from chenu.core.rows import Columns
from chenu.core.text import tidy
from chenu.moderation.model import DecisionGround, DecisionId, DecisionKind
from chenu.moderation.tables import ModerationDecision

MAX_FACTS = 2000


class Statement(msgspec.Struct, frozen=True):
    """What is decided: `recipient` is told, and may appeal. `subject_name` is for them to read."""

    kind: DecisionKind
    subject: UUID
    subject_name: str
    recipient: UserId
    ground: DecisionGround
    facts: str


class DecisionRow(msgspec.Struct, frozen=True):
    """`is_automatic`: no person took it; none of ours is."""

    id: DecisionId
    kind: DecisionKind
    subject: UUID
    subject_name: str
    recipient: UserId
    ground: DecisionGround
    facts: str
    is_automatic: bool
    decided_by: UserId
    decided_at: datetime


_DECISIONS = Columns(DecisionRow, ModerationDecision)
_DECISION = f"SELECT {_DECISIONS.select()} FROM moderation_decision"  # noqa: S608 - own columns


def check_facts(facts: str, *, path: tuple[str, ...] = ("reason",)) -> list[ChenuError]:
    return check_text(facts, path=path, longest=MAX_FACTS)


async def record_decision(actor: Actor, statement: Statement) -> DecisionRow:
    """Part of the decision's transaction: what has no reasons is not decided. Raises Invalid."""
    reject_if_any(check_facts(statement.facts))
    row = DecisionRow(
        id=DecisionId(new_id()),
        kind=statement.kind,
        subject=statement.subject,
        subject_name=statement.subject_name,
        recipient=statement.recipient,
        ground=statement.ground,
        facts=tidy(statement.facts),
        is_automatic=False,
        decided_by=actor.require_user(),
        decided_at=business_now(),
    )
    await _DECISIONS.insert(row)
    return row


async def get_decision(decision_id: DecisionId) -> DecisionRow:
    """For staff. Raises NotFound."""
    found = await db.find_one(DecisionRow, f"{_DECISION} WHERE id = $1", decision_id)
    if found is None:
        raise NotFound("There is no such decision")
    return found


async def get_own_decision(actor: Actor, decision_id: DecisionId) -> DecisionRow:
    """Of whom it is about. Raises NotFound, also for somebody else's."""
    sql = f"{_DECISION} WHERE id = $1 AND recipient = $2"
    found = await db.find_one(DecisionRow, sql, decision_id, actor.require_user())
    if found is None:
        raise NotFound("There is no such decision")
    return found


async def find_latest_decision(kind: DecisionKind, subject: UUID) -> DecisionRow | None:
    """The reasons of what stands now, where there are several of its kind."""
    sql = f"{_DECISION} WHERE subject = $1 AND kind = $2 ORDER BY decided_at DESC, id DESC LIMIT 1"
    return await db.find_one(DecisionRow, sql, subject, kind)
