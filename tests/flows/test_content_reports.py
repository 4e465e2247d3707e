"""Anybody reports an agent or a review; staff decide once about all reports of the same."""

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace

from chenu.accounts.actor import ANONYMOUS, Staff
from chenu.core.errors import ChenuError, Forbidden, InvalidState, NotFound, RateLimited
from chenu.core.paging import PageRequest
from chenu.flows.agent_reviews import create_review
from chenu.flows.content_reports.decide import decide_case
from chenu.flows.services import Services
from chenu.moderation.report_cases import count_grounds, list_cases
from chenu.moderation.report_model import CaseState, ReportGround
from chenu.moderation.reports import PER_EMAIL, PER_IP, PER_PERSON
from tests.flows.reports import open_cases, report_mails, send_report, send_review_report
from tests.flows.sales import Market, another_agent, buy, open_market
from tests.people import Person, make_person
from tests.rows import count, fingerprint, put


@pytest.fixture
async def market(services: Services) -> Market:
    return await open_market(services)


async def make_reviewer(name: str = "rita") -> Person:
    return await make_person(name, staff=(Staff.REVIEWER,))


async def test_many_reports_of_one_agent_are_one_case_with_their_grounds(market: Market) -> None:
    other = await make_person("other")

    await send_report(market.agent.id)
    await send_report(market.agent.id, ground=ReportGround.INSULT)
    await send_report(market.agent.id, market.buyer.actor)
    await send_report(market.agent.id, other.actor)

    [case] = await open_cases()
    counts = [(each.ground, each.reports) for each in await count_grounds([case])]
    assert counts == [(ReportGround.SECURITY, 3), (ReportGround.INSULT, 1)]


async def test_reports_at_the_same_moment_are_one_case(market: Market) -> None:
    people = [await make_person(f"p{number}") for number in range(5)]

    await asyncio.gather(*(send_report(market.agent.id, each.actor) for each in people))

    assert len(await open_cases()) == 1
    assert await count("content_report") == 5


async def test_a_form_sent_twice_is_one_report_and_one_mail(market: Market) -> None:
    form: dict[str, Any] = {"key": "k", "email": "ada@example.org"}

    first, *others = await asyncio.gather(*(send_report(market.agent.id, **form) for _ in range(4)))

    assert set(others) == {first}
    assert await count("content_report") == 1
    assert len(await report_mails()) == 1


async def test_a_person_who_reports_again_has_the_first_receipt(market: Market) -> None:
    first = await send_report(market.agent.id, market.buyer.actor)

    again = await send_report(market.agent.id, market.buyer.actor, body="I say it once more, loud.")

    assert again == first
    assert await count("content_report") == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"body": "Too short."}, "body"),
        ({"body": "x" * 2001}, "body"),
        ({"body": " " * 30}, "body"),
        ({"email": "nobody"}, "email"),
    ],
    ids=["short", "long", "empty", "email"],
)
async def test_a_bad_report_names_its_field(
    market: Market, changes: dict[str, Any], field: str
) -> None:
    before = await fingerprint()

    with pytest.raises(ChenuError) as refused:
        await send_report(market.agent.id, **changes)

    assert refused.value.path == (field,)
    assert await fingerprint() == before


async def test_nobody_reports_what_is_their_own(services: Services, market: Market) -> None:
    await buy(services, market)
    review = await create_review(market.buyer.actor, market.agent.id, 1, "Bad.")

    with pytest.raises(Forbidden):
        await send_report(market.agent.id, market.creator.actor)
    with pytest.raises(Forbidden):
        await send_review_report(review.id, market.buyer.actor)
    await send_review_report(review.id, market.creator.actor)

    assert await count("content_report") == 1


async def test_a_draft_cannot_be_found_out_by_reporting_it(
    services: Services, market: Market
) -> None:
    other = await another_agent(services, market)
    await put("agent", "status", "DRAFT", "id = $2", other.agent.id)

    with pytest.raises(NotFound):
        await send_report(other.agent.id)


@pytest.mark.parametrize("limit", [PER_IP, PER_EMAIL], ids=["address", "email"])
async def test_a_visitor_reports_so_often_only(market: Market, limit: object) -> None:
    email = "" if limit is PER_IP else "ada@example.org"
    tries = PER_IP.tries if limit is PER_IP else PER_EMAIL.tries
    for _ in range(tries):
        await send_report(market.agent.id, email=email)

    with pytest.raises(RateLimited):
        await send_report(market.agent.id, email=email)

    assert await count("content_report") == tries


async def test_a_person_reports_so_often_only(services: Services, market: Market) -> None:
    reporter, target = await make_person("zealous"), market
    for _ in range(PER_PERSON.tries):
        await send_report(target.agent.id, reporter.actor)
        target = await another_agent(services, market)

    with pytest.raises(RateLimited):
        await send_report(target.agent.id, reporter.actor)

    assert await count("content_report") == PER_PERSON.tries


async def test_staff_decide_and_whoever_left_an_address_has_an_answer_in_their_language(
    market: Market,
) -> None:
    await send_report(market.agent.id)
    await send_report(market.agent.id, email="ada@example.org", locale="fr")
    await send_report(market.agent.id, market.buyer.actor)
    [case] = await open_cases()
    reviewer = await make_reviewer()

    await decide_case(reviewer.actor, case, CaseState.ACTED, "It is mended.")

    decided = [
        (each.to_address, each.locale) for each in await report_mails() if "DECIDED" in each.kind
    ]
    assert decided == [("ada@example.org", "fr"), (market.buyer.email, "fr")]
    assert await open_cases() == []
    action = "action = 'report.act' AND by_staff AND detail->>'reason' = 'It is mended.'"
    assert await count("audit_event", action) == 1


async def test_a_case_is_decided_once_and_with_a_reason(market: Market) -> None:
    await send_report(market.agent.id)
    [case] = await open_cases()
    reviewer = await make_reviewer()
    with pytest.raises(ChenuError):
        await decide_case(reviewer.actor, case, CaseState.DISMISSED, " ")
    with pytest.raises(ChenuError):
        await decide_case(reviewer.actor, case, CaseState.OPEN, "Later.")

    await decide_case(reviewer.actor, case, CaseState.DISMISSED, "It is fine.")

    with pytest.raises(InvalidState):
        await decide_case(reviewer.actor, case, CaseState.ACTED, "After all.")


async def test_nobody_decides_about_their_own_agent_or_without_the_role(market: Market) -> None:
    await send_report(market.agent.id)
    [case] = await open_cases()
    maker = market.creator
    for actor in (
        ANONYMOUS,
        market.buyer.actor,
        replace(maker.actor, staff=frozenset({Staff.REVIEWER})),
    ):
        with pytest.raises(ChenuError):
            await decide_case(actor, case, CaseState.DISMISSED, "It is mine.")

    assert await open_cases() == [case]


async def test_what_is_reported_again_after_a_decision_is_a_new_case_before_the_old_one(
    services: Services, market: Market
) -> None:
    other = await another_agent(services, market)
    reviewer = await make_reviewer()
    for agent in (market.agent, other.agent):
        await send_report(agent.id)
        [case] = await open_cases()
        await decide_case(reviewer.actor, case, CaseState.DISMISSED, "It is fine.")

    await send_report(other.agent.id)
    await send_report(market.agent.id)

    listed = (await list_cases(PageRequest(10))).rows
    order = [(row.is_open, row.subject == market.agent.id) for row in listed]
    assert order == [(True, False), (True, True), (False, False), (False, True)]
    second = await list_cases(PageRequest(2, (listed[1].place, str(listed[1].id))))
    assert [row.id for row in second.rows] == [row.id for row in listed[2:]]
