"""Statements of reasons and appeals for tests."""

from typing import Any

from chenu.accounts.actor import Staff
from chenu.agents.rows import AgentRow
from chenu.flows.appeals.appeal import appeal_decision
from chenu.moderation.decisions import DecisionRow, Statement, find_latest_decision, record_decision
from chenu.moderation.model import DecisionGround, DecisionKind
from tests.people import Person, make_person

KIND = DecisionKind.AGENT_REJECTED


async def state_and_appeal(
    agent: AgentRow, creator: Person, words: str = "It is ready."
) -> dict[str, Any]:
    """Two statements to the creator, who has appealed against the first."""
    desk = await make_person("deciding", staff=(Staff.REVIEWER,))
    ground = DecisionGround.QUALITY
    statement = Statement(KIND, agent.id, agent.name, creator.user_id, ground, "Not yet.")
    first = await record_decision(desk.actor, statement)
    appeal = await appeal_decision(creator.actor, first.id, words)
    second = await record_decision(desk.actor, statement)
    return {"decision": second.id, "appeal": appeal.id}


async def latest_decision(agent: AgentRow, kind: DecisionKind = KIND) -> DecisionRow:
    found = await find_latest_decision(kind, agent.id)
    assert found is not None
    return found
