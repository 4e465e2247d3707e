"""An agent's states: who may move it where, and what a buyer sees meanwhile."""

from collections.abc import Awaitable, Callable

import pytest

from chenu.accounts.actor import Actor, Staff
from chenu.agents.errors import PayoutsNotReady
from chenu.agents.listing import ListingFields
from chenu.agents.model import AgentId, AgentStatus, PriceType
from chenu.agents.rows import AgentRow
from chenu.core.errors import Forbidden, InvalidState, NotFound
from chenu.flows.creators.edit_agent import (
    PriceInput,
    create_agent,
    create_version,
    update_agent,
)
from chenu.flows.creators.review_agent import archive_agent, decide_review, submit_agent
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from chenu.tiers.entitlements import PlanRequired
from tests.people import (
    MANIFEST,
    Person,
    agent_input,
    get_agent,
    make_person,
    make_unpaid_creator,
    sign_in_again,
)
from tests.rows import count, fingerprint, put

REASON = "Dites ce que l'agent fait de nos données."


@pytest.fixture
async def creator(services: Services) -> Person:
    """A creator who can be paid according to our mirror of Stripe."""
    person, row = await make_unpaid_creator()
    await put("creator", "payouts_ready", True, "id = $2", row.id)
    return person


@pytest.fixture
async def reviewer(services: Services) -> Person:
    return await make_person("reviewer", staff=(Staff.REVIEWER,))


@pytest.fixture
async def draft(creator: Person) -> AgentRow:
    return await get_agent(await create_agent(creator.actor, agent_input()))


Move = Callable[[Actor, Actor, AgentId], Awaitable[None]]


async def _edit(creator: Actor, reviewer: Actor, agent_id: AgentId) -> None:
    await update_agent(creator, agent_id, ListingFields(name="Neuf"), None)


async def _price(creator: Actor, reviewer: Actor, agent_id: AgentId) -> None:
    request = PriceInput(PriceType.ONE_TIME, 1200)
    await update_agent(creator, agent_id, ListingFields(), request)


async def _version(creator: Actor, reviewer: Actor, agent_id: AgentId) -> None:
    await create_version(creator, agent_id, "1.1.0", "Plus vite.", MANIFEST)


async def _submit(creator: Actor, reviewer: Actor, agent_id: AgentId) -> None:
    await submit_agent(creator, agent_id)


async def _approve(creator: Actor, reviewer: Actor, agent_id: AgentId) -> None:
    await decide_review(reviewer, agent_id, approve=True, reason=None)


async def _reject(creator: Actor, reviewer: Actor, agent_id: AgentId) -> None:
    await decide_review(reviewer, agent_id, approve=False, reason=REASON)


async def _archive(creator: Actor, reviewer: Actor, agent_id: AgentId) -> None:
    await archive_agent(creator, agent_id)


MOVES: dict[str, Move] = {
    "edit": _edit,
    "price": _price,
    "version": _version,
    "submit": _submit,
    "approve": _approve,
    "reject": _reject,
    "archive": _archive,
}
DRAFT, PENDING, PUBLISHED = AgentStatus.DRAFT, AgentStatus.PENDING_REVIEW, AgentStatus.PUBLISHED
REJECTED, SUSPENDED, ARCHIVED = AgentStatus.REJECTED, AgentStatus.SUSPENDED, AgentStatus.ARCHIVED

ALLOWED: dict[AgentStatus, dict[str, AgentStatus]] = {
    DRAFT: {
        "edit": DRAFT,
        "price": DRAFT,
        "version": DRAFT,
        "submit": PENDING,
        "archive": ARCHIVED,
    },
    PENDING: {"submit": PENDING, "approve": PUBLISHED, "reject": REJECTED, "archive": ARCHIVED},
    PUBLISHED: {
        "edit": PUBLISHED,
        "price": PUBLISHED,
        "version": PUBLISHED,
        "archive": ARCHIVED,
    },
    REJECTED: {
        "edit": REJECTED,
        "price": REJECTED,
        "version": REJECTED,
        "submit": PENDING,
        "archive": ARCHIVED,
    },
    SUSPENDED: {},
    ARCHIVED: {"archive": ARCHIVED},
}
GOOD = [(start, move, end) for start, moves in ALLOWED.items() for move, end in moves.items()]
BAD = [(start, move) for start in ALLOWED for move in MOVES if move not in ALLOWED[start]]


async def bring_to(creator: Person, reviewer: Person, agent: AgentRow, state: AgentStatus) -> None:
    """Through the product's own functions where they exist."""
    path = {PENDING: ["submit"], PUBLISHED: ["submit", "approve"], REJECTED: ["submit", "reject"]}
    for move in path.get(state, ["archive"] if state is ARCHIVED else []):
        await MOVES[move](creator.actor, reviewer.actor, agent.id)
    if state is SUSPENDED:
        await put("agent", "status", state)


@pytest.mark.parametrize(("start", "move", "end"), GOOD)
async def test_an_allowed_move(
    creator: Person,
    reviewer: Person,
    draft: AgentRow,
    start: AgentStatus,
    move: str,
    end: AgentStatus,
) -> None:
    await bring_to(creator, reviewer, draft, start)

    await MOVES[move](creator.actor, reviewer.actor, draft.id)

    assert (await get_agent(draft.id)).status is end


@pytest.mark.parametrize(("start", "move"), BAD)
async def test_every_other_move_is_refused_and_changes_nothing(
    creator: Person, reviewer: Person, draft: AgentRow, start: AgentStatus, move: str
) -> None:
    await bring_to(creator, reviewer, draft, start)
    before = await fingerprint()

    with pytest.raises(InvalidState):
        await MOVES[move](creator.actor, reviewer.actor, draft.id)

    assert await fingerprint() == before


@pytest.mark.parametrize("move", ["edit", "price", "version", "submit", "archive"])
async def test_an_agent_is_moved_by_its_maker_alone(
    creator: Person, reviewer: Person, draft: AgentRow, move: str
) -> None:
    stranger, _ = await make_unpaid_creator("stranger")
    before = await fingerprint()

    with pytest.raises(NotFound):
        await MOVES[move](stranger.actor, reviewer.actor, draft.id)

    assert await fingerprint() == before


@pytest.mark.parametrize("move", ["approve", "reject"])
async def test_reviewers_alone_decide(creator: Person, draft: AgentRow, move: str) -> None:
    await submit_agent(creator.actor, draft.id)
    support = await make_person("support", staff=(Staff.SUPPORT,))

    for actor in (creator.actor, support.actor):
        with pytest.raises(Forbidden):
            await MOVES[move](creator.actor, actor, draft.id)

    assert (await get_agent(draft.id)).status is PENDING


@pytest.mark.parametrize("move", ["edit", "price", "version", "submit"])
async def test_whoever_fell_to_free_keeps_what_is_on_sale_and_changes_nothing(
    creator: Person, reviewer: Person, draft: AgentRow, move: str
) -> None:
    await put("account", "tier", TierCode.FREE, "owner = $2", creator.user_id)
    fallen = await sign_in_again(creator.user_id, creator.email)

    with pytest.raises(PlanRequired):
        await MOVES[move](fallen.actor, reviewer.actor, draft.id)

    await archive_agent(fallen.actor, draft.id)


async def test_a_paid_agent_is_neither_submitted_nor_published_without_payouts(
    creator: Person, reviewer: Person, draft: AgentRow
) -> None:
    await put("creator", "payouts_ready", False)
    with pytest.raises(PayoutsNotReady):
        await submit_agent(creator.actor, draft.id)
    await put("creator", "payouts_ready", True)
    await submit_agent(creator.actor, draft.id)
    await put("creator", "payouts_ready", False)

    with pytest.raises(PayoutsNotReady):
        await _approve(creator.actor, reviewer.actor, draft.id)

    assert (await get_agent(draft.id)).status is PENDING
    await _reject(creator.actor, reviewer.actor, draft.id)


async def test_a_free_agent_needs_no_payouts(creator: Person, reviewer: Person) -> None:
    await put("creator", "payouts_ready", False)
    agent_id = await create_agent(creator.actor, agent_input(price=0))

    await submit_agent(creator.actor, agent_id)
    await _approve(creator.actor, reviewer.actor, agent_id)
    with pytest.raises(PayoutsNotReady):
        await _price(creator.actor, reviewer.actor, agent_id)

    agent = await get_agent(agent_id)
    assert (agent.status, agent.price.type) == (PUBLISHED, PriceType.FREE)
    assert await count("operation", "kind = 'AGENT_PRICE'") == 0
