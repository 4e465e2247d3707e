"""A review that staff remove: its stars leave, its author has the reasons and may appeal."""

import pytest
from msgspec.structs import replace

from chenu.accounts.actor import Staff
from chenu.agents.buyer_reviews import ReviewRow, list_reviews
from chenu.agents.queries import find_agent
from chenu.agents.ratings import get_rating
from chenu.core import db
from chenu.core.errors import ChenuError, Forbidden, InvalidState, NotFound
from chenu.core.paging import PageRequest
from chenu.flows.agent_reviews import create_review, may_review, reply_to_review
from chenu.flows.appeals.appeal import appeal_decision
from chenu.flows.appeals.decide import decide_appeal
from chenu.flows.content_reports.decide import decide_case
from chenu.flows.content_reports.removals import remove_review, restore_review
from chenu.flows.purchases.refund_plans import RefundSaleInput
from chenu.flows.purchases.refunds import refund_sale
from chenu.flows.services import Services
from chenu.moderation.decisions import find_latest_decision
from chenu.moderation.model import DecisionGround, DecisionKind
from chenu.moderation.report_model import CaseState
from tests.flows.plans import catch_up
from tests.flows.reports import open_cases, report_mails, send_review_report
from tests.flows.sales import Market, buy, open_market
from tests.people import Person, make_person
from tests.rows import count, fingerprint, mails_to
from tests.stripe_side import StripeSide

GONE = (0, (0, 0, 0, 0, 0), 0, 0)
SHOWN = (1, (0, 1, 0, 0, 0), 2, 1)


@pytest.fixture
async def market(services: Services, stripe_side: StripeSide) -> Market:
    await stripe_side.reset()
    market = await open_market(services)
    await buy(services, market)
    return market


@pytest.fixture
async def review(market: Market) -> ReviewRow:
    return await create_review(market.buyer.actor, market.agent.id, 2, "Its maker is a fool.")


@pytest.fixture
async def reviewer(review: ReviewRow) -> Person:
    return await make_person("rita", staff=(Staff.REVIEWER,))


async def shown(market: Market) -> tuple[int, tuple[int, ...], int, int]:
    """How many are listed, the histogram, and what lists of agents read."""
    page = await list_reviews(market.agent.id, PageRequest(10))
    agent, rating = await find_agent(market.agent.id), await get_rating(market.agent.id)
    assert agent is not None
    return len(page.rows), rating.counts, agent.rating_sum, agent.review_count


async def remove(reviewer: Person, review: ReviewRow) -> None:
    await remove_review(reviewer.actor, review.id, DecisionGround.TERMS, "It insults a person.")


async def test_a_removed_review_is_not_shown_and_its_author_has_the_reasons(
    market: Market, review: ReviewRow, reviewer: Person
) -> None:
    await send_review_report(review.id, email="ada@example.org")

    await remove(reviewer, review)

    assert await shown(market) == GONE
    decision = await find_latest_decision(DecisionKind.REVIEW_REMOVED, review.id)
    assert decision is not None
    assert (decision.recipient, decision.facts) == (market.buyer.user_id, "It insults a person.")
    assert "REVIEW_REMOVED" in await mails_to(market.buyer.email)
    assert await open_cases() == []
    assert [mail.kind for mail in await report_mails()] == ["REPORT_RECEIVED", "REPORT_DECIDED"]
    assert await count("audit_event", "action = 'review.remove'") == 1


async def test_nobody_writes_over_a_removal_replies_to_it_or_reports_it(
    market: Market, review: ReviewRow, reviewer: Person
) -> None:
    await remove(reviewer, review)
    before = await fingerprint()

    with pytest.raises(InvalidState):
        await create_review(market.buyer.actor, market.agent.id, 5, "A new one.")
    with pytest.raises(NotFound):
        await reply_to_review(market.creator.actor, review.id, "Thank you.")
    with pytest.raises(NotFound):
        await send_review_report(review.id)

    assert not await may_review(market.buyer.actor, market.agent)
    assert await fingerprint() == before


async def test_a_granted_appeal_brings_it_back_and_it_may_be_written_anew(
    market: Market, review: ReviewRow, reviewer: Person
) -> None:
    await remove(reviewer, review)
    decision = await find_latest_decision(DecisionKind.REVIEW_REMOVED, review.id)
    assert decision is not None
    appeal = await appeal_decision(market.buyer.actor, decision.id, "It says what is true.")
    other = await make_person("rolf", staff=(Staff.REVIEWER,))

    await decide_appeal(other.actor, appeal.id, overturn=True, answer="It insults nobody.")

    assert await shown(market) == SHOWN
    await create_review(market.buyer.actor, market.agent.id, 4, "Better now.")
    assert await shown(market) == (1, (0, 0, 0, 1, 0), 4, 1)


async def test_staff_bring_it_back_once_and_its_author_is_mailed(
    market: Market, review: ReviewRow, reviewer: Person
) -> None:
    await remove(reviewer, review)
    with pytest.raises(InvalidState):
        await remove(reviewer, review)

    await restore_review(reviewer.actor, review.id, "It insults nobody.")

    with pytest.raises(InvalidState):
        await restore_review(reviewer.actor, review.id, "Again.")
    assert await shown(market) == SHOWN
    assert "REVIEW_RESTORED" in await mails_to(market.buyer.email)


async def test_a_removed_review_of_a_returned_purchase_counts_in_neither_order(
    services: Services, market: Market, review: ReviewRow, reviewer: Person
) -> None:
    await remove(reviewer, review)
    await catch_up(services)
    purchase = await db.fetch_value("SELECT id FROM purchase")
    refund = RefundSaleInput(purchase, None, None, "Returned.")
    await refund_sale(services, market.creator.actor, refund, "key")
    assert await shown(market) == GONE

    await restore_review(reviewer.actor, review.id, "It insults nobody.")

    assert await shown(market) == GONE


async def test_whoever_has_a_part_in_it_decides_nothing_and_nothing_goes_without_a_reason(
    market: Market, review: ReviewRow, reviewer: Person
) -> None:
    before = await fingerprint()
    desk = frozenset({Staff.REVIEWER})

    for person in (market.creator, market.buyer):
        actor = replace(person.actor, staff=desk)
        with pytest.raises(Forbidden, match="part in this review"):
            await remove_review(actor, review.id, DecisionGround.TERMS, "It is bad.")
        with pytest.raises(Forbidden):
            await remove(person, review)
    with pytest.raises(ChenuError):
        await remove_review(reviewer.actor, review.id, DecisionGround.TERMS, " ")

    assert await fingerprint() == before


async def test_its_author_does_not_dismiss_what_is_reported_of_it(
    market: Market, review: ReviewRow
) -> None:
    await send_review_report(review.id)
    [case] = await open_cases()
    author = replace(market.buyer.actor, staff=frozenset({Staff.REVIEWER}))

    with pytest.raises(Forbidden, match="part in this review"):
        await decide_case(author, case, CaseState.DISMISSED, "It is fine.")

    assert await open_cases() == [case]
