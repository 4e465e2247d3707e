"""The reviewers' desk: the oldest first, everything to read, and the decision."""

import pytest

from chenu.accounts.actor import Staff
from chenu.agents.listing import ListingFields
from chenu.agents.model import AgentStatus
from chenu.agents.rows import AgentRow
from chenu.core import db
from chenu.core.ids import new_id
from chenu.flows.creators.edit_agent import create_agent, create_version, update_agent
from chenu.flows.creators.review_agent import submit_agent
from chenu.flows.services import Services
from tests.people import MANIFEST, Person, agent_input, get_agent, make_published_agent
from tests.storefront.browser import Browser, Seen
from tests.storefront.conftest import Fingerprint
from tests.storefront.visitors import make_reader, make_seller


@pytest.fixture
async def seller(services: Services) -> Person:
    return await make_seller(services)


@pytest.fixture
async def desk(browser: Browser, services: Services) -> Browser:
    return browser.become(await make_reader("reviewer", staff=(Staff.REVIEWER,)))


async def submitted(seller: Person, name: str = "Trieur de factures") -> AgentRow:
    agent_id = await create_agent(seller.actor, agent_input(name=name))
    await submit_agent(seller.actor, agent_id)
    return await get_agent(agent_id)


async def decide(
    desk: Browser, agent: AgentRow, decision: str, reason: str = "Read.", **changes: str
) -> Seen:
    page = await desk.get(f"/staff/agents/{agent.id}")
    action = f"/staff/agents/{agent.id}/decide"
    typed = {"reason": reason, "decision": decision, "ground": "QUALITY"}
    fields = {**dict(page.form(action).fields), **typed}
    return await desk.post(action, {**fields, **changes})


async def test_the_queue_shows_the_oldest_first(desk: Browser, seller: Person) -> None:
    names = [f"Agent {word}" for word in ("one", "two", "three")]
    for name in names:
        await submitted(seller, name)

    seen = await desk.get("/staff")

    links = [e.text for e in seen.page.find("a") if "/staff/agents/" in e.attributes["href"]]
    assert links == names


async def test_an_empty_queue_says_so(desk: Browser) -> None:
    assert "Nothing waits" in (await desk.get("/staff")).words


async def test_a_reviewer_reads_everything_before_deciding(desk: Browser, seller: Person) -> None:
    agent = await submitted(seller)

    seen = await desk.get(f"/staff/agents/{agent.id}")

    for words in (agent.name, agent.tagline, "€9.00", "Opens the files you choose.", "Business"):
        assert words in seen.words
    assert '"systemPrompt": "Classe les factures."' in seen.words
    assert "<strong>classe</strong>" in seen.response.text


async def test_approval_publishes_and_the_creator_is_informed(
    desk: Browser, seller: Person
) -> None:
    agent = await submitted(seller)

    seen = await desk.follow(await decide(desk, agent, "approve"))

    assert "Approved" in seen.words
    assert (await get_agent(agent.id)).status is AgentStatus.PUBLISHED
    assert await db.fetch_value("SELECT kind FROM outbox_mail") == "AGENT_APPROVED"


async def test_a_rejection_says_why_and_the_creator_reads_it(
    desk: Browser, browser: Browser, seller: Person
) -> None:
    agent = await submitted(seller)

    await desk.follow(await decide(desk, agent, "reject", "The promise\nis not kept."))

    own = await browser.become(seller).get(f"/creator/agents/{agent.id}")
    assert "sent it back" in own.words
    assert "The promise is not kept." in own.words


@pytest.mark.parametrize(
    ("decision", "reason", "changes", "words"),
    [
        ("reject", "", {}, "Please say why"),
        ("reject", "  \n ", {}, "Please say why"),
        ("reject", "x" * 2001, {}, "1 to 2000 characters"),
        ("approve", "x" * 2001, {}, "1 to 2000 characters"),
        ("approve", " ", {}, "1 to 2000 characters"),
        ("", "why", {}, "The decision is approve or reject"),
        ("publish", "why", {}, "The decision is approve or reject"),
        ("approve", "Read.", {"seen_at": ""}, "open the agent again"),
        ("approve", "Read.", {"seen_at": "yesterday"}, "open the agent again"),
        ("approve", "Read.", {"seen_at": "2026-11-22"}, "open the agent again"),
    ],
)
async def test_a_decision_that_cannot_be_is_refused(
    desk: Browser,
    seller: Person,
    fingerprint: Fingerprint,
    decision: str,
    reason: str,
    changes: dict[str, str],
    words: str,
) -> None:
    agent = await submitted(seller)
    before = await fingerprint()

    seen = await decide(desk, agent, decision, reason, **changes)

    assert seen.status == 422
    assert words in seen.words
    assert await fingerprint() == before


async def test_what_was_not_read_is_not_decided(
    desk: Browser, seller: Person, services: Services
) -> None:
    agent = await make_published_agent(services, seller)
    await update_agent(seller.actor, agent.id, ListingFields(name="First edit"), None)
    page = await desk.get(f"/staff/agents/{agent.id}")
    await update_agent(seller.actor, agent.id, ListingFields(name="Second edit"), None)

    action = f"/staff/agents/{agent.id}/decide"
    seen = await desk.submit(page, action, {"reason": "Read."}, button="decision=approve")

    assert seen.status == 409
    assert "read it again" in seen.words
    assert (await get_agent(agent.id)).name == agent.name


async def test_a_change_is_shown_against_what_is_on_sale(
    desk: Browser, seller: Person, services: Services
) -> None:
    agent = await make_published_agent(services, seller)
    fields = ListingFields(name="Another name", description="Il **trie**.\n\nEt plus.")
    await update_agent(seller.actor, agent.id, fields, None)
    changed = {**MANIFEST, "systemPrompt": "Classe mieux.", "permissions": ["web:read"]}
    await create_version(seller.actor, agent.id, "1.1.0", "Better.", changed)

    seen = await desk.get(f"/staff/agents/{agent.id}")

    gone = " ".join(e.text for e in seen.page.find("del"))
    new = " ".join(e.text for e in seen.page.find("ins"))
    assert agent.name in gone
    assert "Another name" in new
    assert "Classe les factures." in gone
    assert "Classe mieux." in new
    assert "web:read" in new
    assert "Better." in seen.words


async def test_an_approved_change_takes_the_place_of_what_was_on_sale(
    desk: Browser, seller: Person, services: Services
) -> None:
    agent = await make_published_agent(services, seller)
    await update_agent(seller.actor, agent.id, ListingFields(name="Another name"), None)

    await desk.follow(await decide(desk, agent, "approve"))

    assert (await get_agent(agent.id)).name == "Another name"


async def test_nothing_is_decided_twice(desk: Browser, seller: Person) -> None:
    agent = await submitted(seller)
    page = await desk.get(f"/staff/agents/{agent.id}")
    action = f"/staff/agents/{agent.id}/decide"

    seen = [
        await desk.submit(page, action, {"reason": "Read."}, button="decision=approve")
        for _ in range(2)
    ]

    assert [each.status for each in seen] == [303, 409]
    assert not seen[1].has_form(action)


async def test_a_reviewer_is_not_offered_to_decide_about_an_own_agent(
    browser: Browser, seller: Person
) -> None:
    agent = await submitted(seller)
    sql = "INSERT INTO staff_role (id, member, role) VALUES ($1, $2, 'REVIEWER')"
    await db.execute(sql, new_id(), seller.user_id)
    desk = browser.become(seller)

    seen = await desk.get(f"/staff/agents/{agent.id}")

    assert "another reviewer decides" in seen.words
    assert [form for form in seen.page.forms if form.action.endswith("/decide")] == []


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("/staff", ["queue"]),
        ("/staff/agents/{id}", ["review"]),
        ("/agents/{slug}", ["agent"]),
        ("/agents/{slug}/manifest", ["agent", "manifest"]),
    ],
)
async def test_what_a_reviewer_reads_is_logged(
    desk: Browser, seller: Person, path: str, what: list[str]
) -> None:
    agent = await submitted(seller)

    seen = await desk.get(path.format(id=agent.id, slug=agent.slug))

    sql = """
        SELECT array_agg(detail->>'what' ORDER BY detail->>'what') FROM audit_event
        WHERE action = 'staff.read' AND actor IS NOT NULL
    """
    assert seen.status == 200
    assert await db.fetch_value(sql) == what
