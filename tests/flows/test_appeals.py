"""Appeals: one for each decision, by whom it is about, decided by somebody else."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from msgspec.structs import replace

from chenu.accounts.actor import AccountRole, Staff
from chenu.agents.model import AgentStatus
from chenu.agents.queries import find_change
from chenu.agents.rows import AgentRow
from chenu.core.clock import business_now
from chenu.core.errors import ChenuError, Forbidden, Invalid, InvalidState, NotFound
from chenu.core.paging import PageRequest
from chenu.flows.appeals.appeal import appeal_decision
from chenu.flows.appeals.decide import decide_appeal
from chenu.flows.creators.edit_agent import create_agent, create_version
from chenu.flows.creators.review_agent import decide_review, submit_agent
from chenu.flows.creators.suspend_agent import reinstate_agent, suspend_agent
from chenu.flows.services import Services
from chenu.moderation.appeals import AppealRow, find_appeal_against, list_waiting_appeals
from chenu.moderation.model import AppealState, DecisionGround, DecisionKind
from tests.flows.appeals import latest_decision
from tests.people import (
    MANIFEST,
    Person,
    agent_input,
    get_agent,
    make_creator,
    make_member,
    make_person,
    make_published_agent,
)
from tests.rows import count, fingerprint, mails_to, put

GROUND = DecisionGround.TERMS


@dataclass(frozen=True)
class Case:
    creator: Person
    agent: AgentRow
    decider: Person
    other: Person
    kind: DecisionKind

    async def appeal(self) -> AppealRow:
        decision = await latest_decision(self.agent, self.kind)
        return await appeal_decision(self.creator.actor, decision.id, "It is as it should be.")


async def _open(services: Services, kind: DecisionKind, agent: AgentRow, creator: Person) -> Case:
    desk = await make_person("first", staff=(Staff.REVIEWER,))
    other = await make_person("second", staff=(Staff.REVIEWER,))
    return Case(creator, agent, desk, other, kind)


async def _suspended(services: Services) -> Case:
    creator, _ = await make_creator(services)
    agent = await make_published_agent(services, creator)
    case = await _open(services, DecisionKind.AGENT_SUSPENDED, agent, creator)
    await suspend_agent(case.decider.actor, agent.id, GROUND, "It breaks our terms.")
    return case


async def _rejected(services: Services) -> Case:
    creator, _ = await make_creator(services)
    agent = await get_agent(await create_agent(creator.actor, agent_input()))
    case = await _open(services, DecisionKind.AGENT_REJECTED, agent, creator)
    await submit_agent(creator.actor, agent.id)
    await decide_review(case.decider.actor, agent.id, approve=False, reason="Thin.", ground=GROUND)
    return case


async def _rejected_change(services: Services) -> Case:
    creator, _ = await make_creator(services)
    agent = await make_published_agent(services, creator)
    case = await _open(services, DecisionKind.AGENT_REJECTED, agent, creator)
    await create_version(creator.actor, agent.id, "2.0.0", "New.", MANIFEST)
    await decide_review(case.decider.actor, agent.id, approve=False, reason="Thin.", ground=GROUND)
    return case


async def _state(case: Case) -> tuple[str, str | None]:
    change = await find_change(case.agent.id)
    status = (await get_agent(case.agent.id)).status
    return status, None if change is None else change.status


CASES: dict[str, tuple[Callable[[Services], Awaitable[Case]], tuple[str, str | None]]] = {
    "suspension": (_suspended, ("PUBLISHED", None)),
    "rejection": (_rejected, ("PENDING_REVIEW", None)),
    "rejection of a change": (_rejected_change, ("PUBLISHED", "PENDING_REVIEW")),
}


@pytest.mark.parametrize(("make", "after"), list(CASES.values()), ids=list(CASES))
async def test_a_granted_appeal_takes_the_decision_back(
    services: Services,
    make: Callable[[Services], Awaitable[Case]],
    after: tuple[str, str | None],
) -> None:
    case = await make(services)
    appeal = await case.appeal()

    await decide_appeal(case.other.actor, appeal.id, overturn=True, answer="You are right.")

    assert await _state(case) == after
    found = await find_appeal_against(appeal.decision)
    assert found is not None
    assert (found.state, found.answer) == (AppealState.OVERTURNED, "You are right.")
    assert (await mails_to(case.creator.email))[-1] == "APPEAL_DECIDED"


@pytest.mark.parametrize("make", [made for made, _ in CASES.values()], ids=list(CASES))
async def test_an_appeal_that_is_turned_down_changes_nothing_but_itself(
    services: Services, make: Callable[[Services], Awaitable[Case]]
) -> None:
    case = await make(services)
    appeal, before = await case.appeal(), await _state(case)

    await decide_appeal(case.other.actor, appeal.id, overturn=False, answer="It does break them.")

    assert await _state(case) == before
    assert (await list_waiting_appeals(PageRequest(10))).rows == []
    with pytest.raises(InvalidState, match="is decided"):
        await decide_appeal(case.other.actor, appeal.id, overturn=True, answer="After all.")


async def test_whoever_decided_or_has_a_part_in_it_does_not_decide_the_appeal(
    services: Services,
) -> None:
    case = await _suspended(services)
    appeal = await case.appeal()
    colleague = await make_member(case.creator, "colleague", AccountRole.MEMBER)
    before = await fingerprint()

    for person in (case.decider, case.creator, colleague):
        for role in (Staff.REVIEWER, Staff.ADMIN):
            actor = replace(person.actor, staff=frozenset({role}))
            with pytest.raises(Forbidden, match="somebody else decides"):
                await decide_appeal(actor, appeal.id, overturn=True, answer="Mine.")

    assert await fingerprint() == before


@pytest.mark.parametrize("staff", [(), (Staff.SUPPORT,), (Staff.FINANCE,)])
async def test_only_reviewers_decide(services: Services, staff: tuple[Staff, ...]) -> None:
    case = await _suspended(services)
    appeal = await case.appeal()
    person = await make_person("someone", staff=staff)

    with pytest.raises(Forbidden):
        await decide_appeal(person.actor, appeal.id, overturn=True, answer="Why not.")

    assert (await get_agent(case.agent.id)).status is AgentStatus.SUSPENDED


async def test_there_is_one_appeal_by_whom_the_decision_is_about(services: Services) -> None:
    case = await _suspended(services)
    decision = await latest_decision(case.agent, case.kind)
    await case.appeal()

    refusals: list[tuple[Person, type[ChenuError]]] = [
        (case.creator, InvalidState),
        (case.other, NotFound),
        (await make_member(case.creator, "colleague", AccountRole.MEMBER), NotFound),
    ]
    for person, refusal in refusals:
        with pytest.raises(refusal):
            await appeal_decision(person.actor, decision.id, "Again.")

    assert await count("appeal") == 1


@pytest.mark.parametrize(("days", "is_in_time"), [(180, True), (182, True), (184, False)])
async def test_an_appeal_comes_within_six_months(
    services: Services, days: int, is_in_time: bool
) -> None:
    case = await _suspended(services)
    moment = business_now() - timedelta(days=days)
    await put("moderation_decision", "decided_at", moment)

    if is_in_time:
        await case.appeal()
    else:
        with pytest.raises(InvalidState, match="are over"):
            await case.appeal()

    assert await count("appeal") == is_in_time


@pytest.mark.parametrize("body", ["", " \n", "x" * 4001], ids=["none", "blank", "too long"])
async def test_an_appeal_says_why(services: Services, body: str) -> None:
    case = await _suspended(services)
    decision = await latest_decision(case.agent, case.kind)

    with pytest.raises(Invalid):
        await appeal_decision(case.creator.actor, decision.id, body)

    assert await count("appeal") == 0


async def test_an_appeal_against_what_was_decided_anew_undoes_nothing(services: Services) -> None:
    case = await _suspended(services)
    appeal = await case.appeal()
    await reinstate_agent(case.other.actor, case.agent.id, "Mended.")
    await suspend_agent(case.decider.actor, case.agent.id, GROUND, "Broken again.")

    await decide_appeal(case.other.actor, appeal.id, overturn=True, answer="That was wrong.")

    assert (await get_agent(case.agent.id)).status is AgentStatus.SUSPENDED


async def test_the_queue_is_paged_by_key_the_oldest_first(services: Services) -> None:
    case = await _suspended(services)
    first = await case.appeal()
    await reinstate_agent(case.other.actor, case.agent.id, "Mended.")
    await suspend_agent(case.decider.actor, case.agent.id, GROUND, "Broken again.")
    second = await case.appeal()

    page = await list_waiting_appeals(PageRequest(1))
    key = (str(page.rows[0].id), str(page.rows[0].id))
    rest = await list_waiting_appeals(PageRequest(1, key))

    assert [row.id for row in (*page.rows, *rest.rows)] == [first.id, second.id]
