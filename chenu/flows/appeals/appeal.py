"""Somebody appeals against a decision about what they made."""

from chenu.accounts import audit
from chenu.accounts.actor import Actor
from chenu.core import db
from chenu.moderation.appeals import AppealRow, insert_appeal
from chenu.moderation.model import DecisionId


async def appeal_decision(actor: Actor, decision_id: DecisionId, body: str) -> AppealRow:
    """Once, within six months.

    Raises NotFound for a decision about somebody else, Invalid, InvalidState.
    """
    actor.require_user()

    async def write() -> AppealRow:
        appeal = await insert_appeal(actor, decision_id, body)
        await audit.record(actor, "decision.appeal", decision_id)
        return appeal

    return await db.run_in_transaction(write)
