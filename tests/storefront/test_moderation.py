"""Suspension, its statement of reasons and the appeal, on pages without JavaScript."""

import pytest

from chenu.accounts.actor import Staff
from chenu.agents.rows import AgentRow
from chenu.moderation.model import DecisionKind
from tests.flows.appeals import latest_decision
from tests.people import Person
from tests.storefront.browser import Browser
from tests.storefront.conftest import Fingerprint, OpenBrowser
from tests.storefront.visitors import make_reader

FACTS = "It sends files to a stranger."
QUEUE = "/staff/appeals"


async def _suspend(browser: Browser, agent: AgentRow, ground: str = "SECURITY") -> str:
    """By a reviewer; returns the path of the decision's page."""
    browser.become(await make_reader("desk", staff=(Staff.REVIEWER,)))
    page = f"/staff/agents/{agent.id}"
    typed = {"ground": ground, "reason": FACTS}
    answer = await browser.submit(await browser.get(page), f"{page}/suspend", typed)
    assert answer.location == f"{page}?notice=suspended"
    decision = await latest_decision(agent, DecisionKind.AGENT_SUSPENDED)
    return f"/decisions/{decision.id}"


async def test_a_creator_reads_the_reasons_appeals_and_is_answered_by_somebody_else(
    open_browser: OpenBrowser, agent: AgentRow, seller: Person
) -> None:
    desk, creator, other = [await open_browser() for _ in range(3)]
    path = await _suspend(desk, agent)
    creator.become(seller)
    editor = await creator.get(f"/creator/agents/{agent.id}")
    assert "Suspended" in editor.words
    assert "Security" in editor.words
    assert FACTS in editor.words
    assert path in editor.links()

    page = await creator.get(path)
    assert FACTS in page.words
    assert "No: a person decided it" in page.words
    await creator.submit(page, f"{path}/appeal", {"body": "It does not."})
    own = await desk.get(QUEUE)
    assert "somebody else decides" in own.words
    assert own.page.find("textarea") == []
    other.become(await make_reader("second", staff=(Staff.REVIEWER,)))
    queue = await other.get(QUEUE)
    assert "It does not." in queue.words
    [action] = [form.action for form in queue.page.forms if form.action.endswith("/decide")]
    answer = {"reason": "You are right."}
    await other.submit(queue, action, answer, button="decision=overturn")

    page = await creator.get(path)
    assert "The decision is taken back" in page.words
    assert "You are right." in page.words
    assert not page.has_form(f"{path}/appeal")
    assert "On sale" in (await creator.get(f"/creator/agents/{agent.id}")).words
    assert "Nothing waits" in (await other.get(QUEUE)).words


async def test_staff_put_a_suspended_agent_back_on_sale(browser: Browser, agent: AgentRow) -> None:
    await _suspend(browser, agent)
    page = f"/staff/agents/{agent.id}"
    seen = await browser.get(page)
    assert not seen.has_form(f"{page}/suspend")

    answer = await browser.submit(seen, f"{page}/reinstate", {"reason": "It was mended."})

    assert answer.location == f"{page}?notice=reinstated"
    assert (await browser.get(f"/agents/{agent.slug}")).status == 200
    assert not (await browser.get(page)).has_form(f"{page}/reinstate")


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"ground": "", "reason": FACTS}, "Please choose the ground"),
        ({"ground": "SPITE", "reason": FACTS}, "Please choose one of"),
        ({"ground": "TERMS", "reason": " "}, "Facts"),
    ],
    ids=["no ground", "unknown ground", "no facts"],
)
async def test_a_suspension_without_ground_or_facts_changes_nothing(
    browser: Browser,
    agent: AgentRow,
    fingerprint: Fingerprint,
    typed: dict[str, str],
    words: str,
) -> None:
    browser.become(await make_reader("desk", staff=(Staff.REVIEWER,)))
    page = f"/staff/agents/{agent.id}"
    seen, before = await browser.get(page), await fingerprint()

    refused = await browser.submit(seen, f"{page}/suspend", typed)

    assert refused.status == 422
    assert words in refused.words
    assert await fingerprint() == before


async def test_an_appeal_without_words_changes_nothing_and_the_form_comes_back(
    open_browser: OpenBrowser, agent: AgentRow, seller: Person, fingerprint: Fingerprint
) -> None:
    desk, creator = await open_browser(), await open_browser()
    path = await _suspend(desk, agent)
    creator.become(seller)
    page, before = await creator.get(path), await fingerprint()

    refused = await creator.submit(page, f"{path}/appeal", {"body": " "})

    assert refused.status == 422
    assert refused.has_form(f"{path}/appeal")
    assert await fingerprint() == before


async def test_a_decision_is_for_whom_it_is_about(browser: Browser, agent: AgentRow) -> None:
    path = await _suspend(browser, agent)

    assert (await browser.get(path)).status == 404
    browser.become(await make_reader("stranger"))
    assert (await browser.get(path)).status == 404


async def test_a_rejection_on_the_page_needs_its_ground(
    browser: Browser, agent: AgentRow, seller: Person
) -> None:
    creator = f"/creator/agents/{agent.id}"
    browser.become(seller)
    await browser.submit(await browser.get(creator), creator, {"tagline": "Another promise."})
    browser.become(await make_reader("desk", staff=(Staff.REVIEWER,)))
    page = f"/staff/agents/{agent.id}"
    typed, button = {"reason": "Too thin."}, "decision=reject"

    refused = await browser.submit(await browser.get(page), f"{page}/decide", typed, button=button)
    assert "Please choose the ground" in refused.words
    again = {**typed, "ground": "QUALITY"}
    await browser.submit(refused, f"{page}/decide", again, button=button)
    browser.become(seller)

    seen = await browser.get(creator)
    decision = await latest_decision(agent)
    assert "Quality" in seen.words
    assert f"/decisions/{decision.id}" in seen.links()
