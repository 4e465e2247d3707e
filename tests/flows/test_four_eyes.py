"""Who decides about what was read: another person than the maker, and of what they read."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from chenu.accounts.actor import AccountRole, Staff
from chenu.core import db
from chenu.core.errors import Forbidden, InvalidState
from chenu.flows.creators.edit_agent import create_agent
from chenu.flows.creators.review_agent import decide_review, submit_agent
from chenu.flows.services import Services
from tests.people import agent_input, get_agent, make_creator, make_member, make_person
from tests.rows import fingerprint


async def test_a_decision_without_a_named_reading_says_so_in_the_audit_trail(
    services: Services,
) -> None:
    creator, _ = await make_creator(services)
    reviewer = await make_person("desk", staff=(Staff.REVIEWER,))
    for name, named in (("Erster", False), ("Zweiter", True)):
        agent_id = await create_agent(creator.actor, agent_input(name=name))
        await submit_agent(creator.actor, agent_id)
        seen_at = (await get_agent(agent_id)).submitted_at if named else None
        await decide_review(reviewer.actor, agent_id, approve=True, reason=None, seen_at=seen_at)

        sql = "SELECT detail->>'seen_at' FROM audit_event WHERE action = 'agent.approve'"
        said = await db.fetch_value(f"{sql} AND subject = $1", str(agent_id))

        assert said == (seen_at.isoformat() if seen_at else "nothing named")


@pytest.mark.parametrize("approve", [True, False])
@pytest.mark.parametrize("role", [Staff.REVIEWER, Staff.ADMIN])
@pytest.mark.parametrize("part", ["maker", "member"])
async def test_nobody_decides_about_an_agent_that_they_have_a_part_in(
    services: Services, approve: bool, role: Staff, part: str
) -> None:
    creator, _ = await make_creator(services)
    agent_id = await create_agent(creator.actor, agent_input())
    await submit_agent(creator.actor, agent_id)
    reviewer = creator
    if part == "member":
        reviewer = await make_member(creator, "colleague", AccountRole.MEMBER)
    actor = replace(reviewer.actor, staff=frozenset({role}))
    before = await fingerprint()

    with pytest.raises(Forbidden, match="another reviewer decides"):
        await decide_review(actor, agent_id, approve=approve, reason="Why not.")

    assert await fingerprint() == before


@pytest.mark.parametrize("apart", [-1, 1, 10**6, -(10**6)])
async def test_what_was_read_is_compared_to_the_microsecond(services: Services, apart: int) -> None:
    creator, _ = await make_creator(services)
    reviewer = await make_person("desk", staff=(Staff.REVIEWER,))
    agent_id = await create_agent(creator.actor, agent_input())
    await submit_agent(creator.actor, agent_id)
    submitted_at = (await get_agent(agent_id)).submitted_at
    assert submitted_at is not None

    with pytest.raises(InvalidState, match="read it again"):
        await decide_review(
            reviewer.actor,
            agent_id,
            approve=True,
            reason=None,
            seen_at=submitted_at + timedelta(microseconds=apart),
        )
