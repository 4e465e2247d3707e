"""Staff take an agent off sale with reasons, and put it back; buyers keep what is theirs."""

import pytest
from msgspec.structs import replace

from chenu.accounts.actor import AccountRole, Actor, Staff
from chenu.agents.access import has_usable_grant
from chenu.agents.model import AgentId, AgentStatus, PurchaseStatus
from chenu.agents.purchases import get_purchase
from chenu.agents.queries import list_review_queue
from chenu.core.errors import Forbidden, Invalid, InvalidState, NotFound
from chenu.core.paging import PageRequest
from chenu.flows.agent_subscriptions.renewal import resume_purchase
from chenu.flows.agent_subscriptions.stops import stop_renewals
from chenu.flows.creators.edit_agent import create_agent, create_version
from chenu.flows.creators.review_agent import decide_review
from chenu.flows.creators.suspend_agent import reinstate_agent, suspend_agent
from chenu.flows.mirrors.sync import sync_product
from chenu.flows.services import Services
from chenu.moderation.decisions import find_latest_decision
from chenu.moderation.model import DecisionGround, DecisionKind
from tests.flows.appeals import latest_decision
from tests.flows.monthly import begin, is_usable, require_true_books
from tests.flows.plans import advance
from tests.flows.sales import (
    Market,
    buy,
    close_pages,
    open_market,
    open_monthly_market,
    open_page,
    start_buying,
    work_off,
)
from tests.people import (
    MANIFEST,
    agent_input,
    get_agent,
    make_member,
    make_person,
)
from tests.rows import count, fingerprint, mails_to, put
from tests.stripe_side import StripeSide

WHY = "It sends files to a stranger."


async def _suspend(actor: Actor, agent_id: AgentId) -> None:
    await suspend_agent(actor, agent_id, DecisionGround.SECURITY, WHY)


async def _reviewer() -> Actor:
    return (await make_person("desk", staff=(Staff.REVIEWER,))).actor


async def _follow(services: Services, market: Market) -> None:
    """Runs the jobs that a change of state has queued."""
    await close_pages(services, market.agent.id)
    await sync_product(services, market.agent.id)
    await work_off(services)


async def test_a_suspended_agent_is_off_sale_with_reasons_and_its_buyers_keep_it(
    services: Services,
) -> None:
    market = await open_market(services)
    purchase = await buy(services, market)
    reviewer = await _reviewer()

    await _suspend(reviewer, market.agent.id)

    assert (await get_agent(market.agent.id)).status is AgentStatus.SUSPENDED
    decision = await latest_decision(market.agent, DecisionKind.AGENT_SUSPENDED)
    assert (decision.ground, decision.facts) == (DecisionGround.SECURITY, WHY)
    assert (decision.recipient, decision.is_automatic) == (market.creator.user_id, False)
    assert "AGENT_SUSPENDED" in await mails_to(market.creator.email)
    assert await has_usable_grant(purchase.account_id, market.agent.id)
    with pytest.raises(NotFound):
        await start_buying(services, await make_person("late"), market.agent, "key-9")


async def test_open_payment_pages_close_and_the_product_at_stripe_follows_both_ways(
    services: Services, stripe_side: StripeSide
) -> None:
    market = await open_market(services)
    waiting = await open_page(services, market)
    reviewer, product = await _reviewer(), f"/v1/products/agent_{market.agent.id.hex}"

    await _suspend(reviewer, market.agent.id)
    await _follow(services, market)
    closed, off = await get_purchase(waiting.id), await stripe_side.get(product)
    await reinstate_agent(reviewer, market.agent.id, "It was mended.")
    await _follow(services, market)

    assert (closed.status, off["active"]) == (PurchaseStatus.CANCELED, False)
    assert (await stripe_side.get(product))["active"]
    bought = await buy(services, market, "key-2")
    assert (await get_purchase(bought.id)).status is PurchaseStatus.PAID


async def test_months_end_with_what_is_paid_and_can_be_taken_up_again_after_reinstatement(
    services: Services,
) -> None:
    market = await open_monthly_market(services)
    purchase, reviewer = await begin(services, market), await _reviewer()
    await _suspend(reviewer, market.agent.id)
    await stop_renewals(services)
    assert "AGENT_STOPPED" in await mails_to(market.buyer.email)

    await reinstate_agent(reviewer, market.agent.id, "It was mended.")
    await resume_purchase(services, market.buyer.actor, purchase.id, "back-1")
    await advance(services, 32)

    assert await is_usable(purchase)
    assert "AGENT_REINSTATED" in await mails_to(market.creator.email)
    await require_true_books(services)


@pytest.mark.parametrize("role", [Staff.REVIEWER, Staff.ADMIN])
@pytest.mark.parametrize("part", ["maker", "member"])
async def test_nobody_suspends_or_reinstates_what_they_have_a_part_in(
    services: Services, role: Staff, part: str
) -> None:
    market = await open_market(services)
    person = market.creator
    if part == "member":
        person = await make_member(market.creator, "colleague", AccountRole.MEMBER)
    actor = replace(person.actor, staff=frozenset({role}))
    before = await fingerprint()

    for act in (_suspend(actor, market.agent.id), reinstate_agent(actor, market.agent.id, "Ours.")):
        with pytest.raises(Forbidden, match="another reviewer decides"):
            await act

    assert await fingerprint() == before


@pytest.mark.parametrize("state", [each for each in AgentStatus if each != "PUBLISHED"])
async def test_only_what_is_on_sale_is_suspended(services: Services, state: AgentStatus) -> None:
    market = await open_market(services)
    await put("agent", "status", state.value, "id = $2", market.agent.id)
    reviewer, before = await _reviewer(), await count("moderation_decision")

    with pytest.raises(InvalidState):
        await _suspend(reviewer, market.agent.id)
    if state is not AgentStatus.SUSPENDED:
        with pytest.raises(InvalidState, match="not suspended"):
            await reinstate_agent(reviewer, market.agent.id, "Why not.")

    assert await count("moderation_decision") == before


@pytest.mark.parametrize("reason", ["", " \n", "x" * 2001], ids=["none", "blank", "too long"])
async def test_a_suspension_needs_facts(services: Services, reason: str) -> None:
    market, reviewer = await open_market(services), await _reviewer()
    before = await fingerprint()

    with pytest.raises(Invalid):
        await suspend_agent(reviewer, market.agent.id, DecisionGround.TERMS, reason)

    assert await fingerprint() == before


@pytest.mark.parametrize("kind", ["PLATFORM", "CUSTOM"])
async def test_what_no_creator_sells_is_not_suspended(services: Services, kind: str) -> None:
    market, reviewer = await open_market(services), await _reviewer()
    await put("agent", "kind", kind, "id = $2", market.agent.id)

    with pytest.raises(InvalidState, match="creators sell"):
        await _suspend(reviewer, market.agent.id)

    assert await count("moderation_decision") == 0


async def test_a_change_waits_while_its_agent_is_suspended(services: Services) -> None:
    market, reviewer = await open_market(services), await _reviewer()
    await create_version(market.creator.actor, market.agent.id, "2.0.0", "New.", MANIFEST)
    await _suspend(reviewer, market.agent.id)

    assert (await list_review_queue(PageRequest(10))).rows == []
    with pytest.raises(InvalidState):
        await decide_review(reviewer, market.agent.id, approve=True, reason=None)
    await reinstate_agent(reviewer, market.agent.id, "It was mended.")

    assert [agent.id for agent in (await list_review_queue(PageRequest(10))).rows] == [
        market.agent.id
    ]


async def test_a_rejection_has_a_statement_of_reasons(services: Services) -> None:
    market, reviewer = await open_market(services), await _reviewer()
    draft = await create_agent(market.creator.actor, agent_input(name="Brouillon"))
    await put("agent", "status", "PENDING_REVIEW", "id = $2", draft)

    ground = DecisionGround.QUALITY
    await decide_review(reviewer, draft, approve=False, reason="Too thin.", ground=ground)

    found = await find_latest_decision(DecisionKind.AGENT_REJECTED, draft)
    assert found is not None
    assert (found.ground, found.facts) == (ground, "Too thin.")
    assert "AGENT_REJECTED" in await mails_to(market.creator.email)
