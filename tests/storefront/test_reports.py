"""Reporting from the product page, the receipt, and the desk where staff decide."""

import pytest

from chenu.accounts.actor import Staff
from chenu.agents.rows import AgentRow
from chenu.flows.agent_reviews import create_review
from chenu.flows.purchases.buy_agent import BuyAgentInput, buy_agent
from chenu.flows.services import Services
from tests.flows.reports import open_cases, report_mails
from tests.people import make_published_agent
from tests.rows import count
from tests.storefront.browser import Browser
from tests.storefront.conftest import Fingerprint, OpenBrowser
from tests.storefront.visitors import make_reader, make_seller

TYPED = {
    "ground": "MISLEADING",
    "body": "It says that it sorts, and it does not.",
    "email": "ada@example.org",
}


@pytest.fixture
async def agent(services: Services) -> AgentRow:
    return await make_published_agent(services, await make_seller(services), price=0)


async def test_a_visitor_reports_an_agent_and_reads_what_became_of_it(
    browser: Browser, open_browser: OpenBrowser, agent: AgentRow
) -> None:
    product = await browser.get(f"/agents/{agent.slug}")
    path = f"/agents/{agent.slug}/report"
    assert path in [link.attributes.get("href") for link in product.page.find("a")]
    form = await browser.get(path)
    sent = await browser.submit(form, path, TYPED)
    receipt = await browser.follow(sent)
    assert "Waits for a decision" in receipt.words
    assert "ada@example.org" not in receipt.words
    desk = (await open_browser()).become(await make_reader("rita", staff=(Staff.REVIEWER,)))
    queue = await desk.get("/staff/reports")
    assert "1 report" in queue.words
    [case] = [
        str(link.attributes["href"])
        for link in queue.page.find("a")
        if str(link.attributes.get("href")).startswith("/staff/reports/")
    ]
    page = await desk.get(case)
    assert TYPED["body"] in page.words
    assert "ada@example.org" not in page.words

    decision = {"outcome": "ACTED", "reason": "The maker mends it."}
    decided = await desk.follow(await desk.submit(page, f"{case}/decide", decision))

    assert "Acted on" in decided.words
    again = await browser.get(sent.location)
    assert "Acted on" in again.words
    assert [mail.kind for mail in await report_mails()] == ["REPORT_RECEIVED", "REPORT_DECIDED"]


async def test_the_same_form_sent_twice_leads_to_one_receipt(
    browser: Browser, agent: AgentRow
) -> None:
    path = f"/agents/{agent.slug}/report"
    form = await browser.get(path)

    first = await browser.submit(form, path, TYPED)
    second = await browser.submit(form, path, TYPED)

    assert first.location == second.location
    assert await count("content_report") == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [("ground", ""), ("ground", "ALL"), ("body", "short"), ("email", "nobody")],
    ids=["no ground", "another ground", "body", "email"],
)
async def test_a_bad_report_is_refused_at_its_field(
    browser: Browser, fingerprint: Fingerprint, agent: AgentRow, field: str, value: str
) -> None:
    path = f"/agents/{agent.slug}/report"
    form = await browser.get(path)
    before = await fingerprint()

    refused = await browser.submit(form, path, {**TYPED, field: value})

    assert refused.status == 422
    marked = [each for tag in ("input", "select", "textarea") for each in refused.page.find(tag)]
    wrong = [each for each in marked if each.attributes.get("aria-invalid") == "true"]
    assert [each.attributes.get("name") for each in wrong] == [field]
    assert await fingerprint() == before


async def test_a_program_that_fills_every_field_is_thanked_and_ignored(
    browser: Browser, agent: AgentRow
) -> None:
    path = f"/agents/{agent.slug}/report"
    form = await browser.get(path)

    await browser.submit(form, path, {**TYPED, "website": "https://spam.example"})

    assert await count("content_report") == 0


async def test_somebody_signed_in_is_not_asked_for_an_address(
    browser: Browser, agent: AgentRow
) -> None:
    browser.become(await make_reader("zoe"))
    path = f"/agents/{agent.slug}/report"

    form = await browser.get(path)

    assert form.page.find("input", id="report-email") == []
    await browser.submit(form, path, {"ground": "OTHER", "body": TYPED["body"]})
    assert await count("content_report", "reporter IS NOT NULL AND email IS NULL") == 1


async def test_staff_read_a_reported_review_remove_it_and_bring_it_back(
    services: Services, browser: Browser, open_browser: OpenBrowser, agent: AgentRow
) -> None:
    buyer = await make_reader("zoe")
    await buy_agent(services, buyer.actor, BuyAgentInput(agent.id, 0, True, "en"), "free")
    review = await create_review(buyer.actor, agent.id, 1, "Its maker is a fool.")
    listed = await browser.get(f"/agents/{agent.slug}/reviews")
    path = f"/reviews/{review.id}/report"
    assert path in [link.attributes.get("href") for link in listed.page.find("a")]
    await browser.submit(await browser.get(path), path, TYPED)
    [case] = await open_cases()
    desk = (await open_browser()).become(await make_reader("rita", staff=(Staff.REVIEWER,)))
    page = await desk.get(f"/staff/reports/{case}")
    assert "Its maker is a fool." in page.words

    removal = {"ground": "TERMS", "reason": "It insults a person."}
    sent = await desk.submit(page, f"/staff/reports/{case}/remove", removal)
    removed = await desk.follow(sent)

    assert "Its maker is a fool." not in (await browser.get(f"/agents/{agent.slug}/reviews")).words
    own = await browser.become(buyer).get(f"/agents/{agent.slug}/reviews")
    assert "We removed your review" in own.words
    assert [form.action for form in own.page.forms if form.action.endswith("/reviews")] == []
    back = {"reason": "It insults nobody."}
    await desk.submit(removed, f"/staff/reports/{case}/restore", back)
    again = await browser.get(f"/agents/{agent.slug}/reviews")
    assert "Its maker is a fool." in again.words
