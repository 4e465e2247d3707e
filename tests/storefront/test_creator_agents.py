"""The creator's work on an agent: draft, edit, version, price, review and archive."""

import json

import pytest

from chenu.agents.model import AgentStatus
from chenu.agents.queries import find_change
from chenu.agents.rows import AgentRow
from chenu.core import db
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.people import MANIFEST, Person, get_agent, make_published_agent
from tests.storefront.browser import Browser, Seen
from tests.storefront.conftest import Fingerprint
from tests.storefront.test_whole_story import AGENT
from tests.storefront.visitors import make_seller


def manifest(**changes: object) -> str:
    return json.dumps({**MANIFEST, **changes})


@pytest.fixture
async def seller(services: Services) -> Person:
    return await make_seller(services)


@pytest.fixture
async def desk(browser: Browser, seller: Person) -> Browser:
    return browser.become(seller)


@pytest.fixture
async def agent(services: Services, seller: Person) -> AgentRow:
    return await make_published_agent(services, seller)


async def draft(desk: Browser, **changes: str) -> Seen:
    page = await desk.get("/creator/agents/new")
    return await desk.submit(page, "/creator/agents/new", {**AGENT, **changes})


async def the_agent() -> AgentRow:
    return await get_agent(await db.fetch_value("SELECT id FROM agent"))


async def test_a_draft_is_saved_at_once_exactly_as_typed(desk: Browser) -> None:
    seen = await desk.follow(await draft(desk))

    agent = await the_agent()
    assert "Your draft is saved" in seen.words
    assert (agent.status, agent.price_amount) == (AgentStatus.DRAFT, 999)
    assert agent.capabilities == ["contracts", "proofreading"]
    assert (agent.seconds_saved, agent.permissions) == (450, ["files:read"])
    form = dict(seen.form(f"/creator/agents/{agent.id}").fields)
    assert {name: form[name] for name in ("name", "tagline", "capabilities", "sphere")} == {
        name: AGENT[name] for name in ("name", "tagline", "capabilities", "sphere")
    }
    assert form["minutes"] == "7.5"


WRONG = [
    ("no name", {"name": ""}, "2 to 60 characters", "name"),
    ("long name", {"name": "x" * 61}, "2 to 60 characters", "name"),
    ("name of two lines", {"name": "a\nb"}, "one line of text", "name"),
    ("no promise", {"tagline": " "}, "1 to 120 characters", "tagline"),
    ("no description", {"description": ""}, "1 to 20000 characters", "description"),
    ("long description", {"description": "x" * 20_001}, "1 to 20000", "description"),
    ("eleven words", {"capabilities": ",".join("abcdefghijk")}, "at most 10", "capabilities"),
    ("long capability", {"capabilities": "x" * 41}, "1 to 40 characters", "capabilities"),
    ("unknown language", {"language": "de"}, "one of fr, en", "language"),
    ("unknown sphere", {"sphere": "MOON"}, "The sphere is one of", "sphere"),
    ("unknown level", {"level": "L4"}, "The level is one of", "level"),
    ("unknown price", {"price_type": "LEASE"}, "kind of price is one of", "price_type"),
    ("no price", {"price": ""}, "amount in euros", "price"),
    ("price in words", {"price": "nine"}, "amount in euros", "price"),
    ("negative price", {"price": "-9"}, "amount in euros", "price"),
    ("three decimals", {"price": "9,999"}, "amount in euros", "price"),
    ("too cheap", {"price": "0,99"}, "between €1.00 and €50.00", "price"),
    ("too dear", {"price": "50.01"}, "between €1.00 and €50.00", "price"),
    ("monthly too cheap", {"price_type": "SUBSCRIPTION", "price": "4,99"}, "€5.00", "price"),
    ("no minutes", {"minutes": ""}, "number of minutes", "minutes"),
    ("no time", {"minutes": "0"}, "more than 0", "minutes"),
    ("more than a day", {"minutes": "1441"}, "at most 1440", "minutes"),
    ("manifest empty", {"manifest": ""}, "not JSON: line 1, column 1", "manifest"),
    ("manifest broken", {"manifest": '{\n"name": }'}, "line 2, column 9", "manifest"),
    ("manifest no object", {"manifest": "[]"}, "manifest must satisfy type", "manifest"),
    ("nothing in it", {"manifest": "{}"}, "manifest: systemPrompt is missing", "manifest"),
    ("too much in it", {"manifest": manifest(evil=1)}, "may not hold 'evil'", "manifest"),
    ("wrong inside", {"manifest": manifest(permissions=[1])}, "manifest.permissions.0", "manifest"),
    ("NaN", {"manifest": manifest(parameters={}).replace("{}", "NaN")}, "not JSON", "manifest"),
    ("66 bits", {"manifest": '{"x": 18446744073709551616}'}, "manifest.x: numbers", "manifest"),
    ("too many digits", {"manifest": "9" * 5000}, "manifest: numbers go", "manifest"),
    ("no finite number", {"manifest": '{"x": {"y": -1e400}}'}, "manifest.x.y: numbers", "manifest"),
    ("half a pair", {"manifest": '{"x": "\\ud800"}'}, "without control characters", "manifest"),
    ("NUL", {"manifest": '{"x": "\\u0000"}'}, "without control characters", "manifest"),
    ("twice", {"manifest": '{"x": {"y": 1, "y": 2}}'}, "names y twice", "manifest"),
    ("300 levels", {"manifest": "[" * 300 + "]" * 300}, "nested too deeply", "manifest"),
    ("too long", {"manifest": manifest(systemPrompt="x" * 64_000)}, "64000 bytes", "manifest"),
    ("too deep", {"manifest": "[" * 30_000}, "nested too deeply", "manifest"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "words", "field"), [r[1:] for r in WRONG], ids=[r[0] for r in WRONG]
)
async def test_a_draft_that_cannot_be_is_reported_field_by_field(
    desk: Browser, fingerprint: Fingerprint, typed: dict[str, str], words: str, field: str
) -> None:
    before = await fingerprint()

    seen = await draft(desk, **typed)

    assert seen.status == 422
    assert words in seen.words
    assert f"#new-{field}" in seen.links()
    stored = dict(seen.form("/creator/agents/new").fields)
    wanted = {**AGENT, **typed}
    assert all(
        stored[name] == wanted[name] for name in ("name", "price", "manifest") if name != field
    )
    assert await fingerprint() == before


async def test_all_that_is_wrong_is_reported_at_once(desk: Browser) -> None:
    seen = await draft(desk, name="", price="x", minutes="y", manifest="{")

    fields = {link for link in seen.links() if link.startswith("#new-")}
    assert fields == {"#new-name", "#new-price", "#new-minutes", "#new-manifest"}


async def test_a_free_agent_needs_no_price(desk: Browser) -> None:
    await desk.follow(await draft(desk, price_type="FREE", price=""))

    assert (await the_agent()).price_amount == 0


async def test_a_preview_shows_the_description_and_saves_nothing(
    desk: Browser, fingerprint: Fingerprint
) -> None:
    page = await desk.get("/creator/agents/new")
    before = await fingerprint()
    typed = {**AGENT, "description": "# Big\n\n**bold** <script>alert(1)</script>"}

    seen = await desk.submit(page, "/creator/agents/new", typed, button="intent=preview")
    token = dict(seen.form("/language").fields)["csrf_token"]
    live = await desk.post("/creator/agents/preview", {"csrf_token": token, **typed})

    assert "<strong>bold</strong>" in seen.response.text
    assert "<script>alert" not in seen.response.text
    assert dict(seen.form("/creator/agents/new").fields)["name"] == AGENT["name"]
    assert live.response.text.strip().startswith("<h3>Big</h3>")
    assert await fingerprint() == before


async def test_an_edit_of_a_published_agent_waits_while_the_live_one_stays(
    desk: Browser, agent: AgentRow
) -> None:
    page = await desk.get(f"/creator/agents/{agent.id}")
    typed = {"name": "Another name", "tagline": "Another promise."}

    seen = await desk.follow(await desk.submit(page, f"/creator/agents/{agent.id}", typed))

    assert "waits for a reviewer" in seen.words
    assert dict(seen.form(f"/creator/agents/{agent.id}").fields)["name"] == "Another name"
    store = await desk.get(f"/agents/{agent.slug}")
    assert agent.name in store.words
    assert "Another name" not in store.words


async def test_a_new_version_waits_with_its_changelog(desk: Browser, agent: AgentRow) -> None:
    url = f"/creator/agents/{agent.id}"
    page = await desk.get(url)
    assert dict(page.form(f"{url}/version").fields)["number"] == "1.1.0"
    typed = {"changelog": "Reads more.", "manifest": manifest(tools=["files.read", "web.read"])}

    seen = await desk.follow(await desk.submit(page, f"{url}/version", typed))

    change = await find_change(agent.id)
    assert change is not None
    assert change.status is AgentStatus.PENDING_REVIEW
    assert "1.1.0" in seen.words
    assert "Reads more." in seen.words


@pytest.mark.parametrize(
    ("typed", "words", "field"),
    [
        ({"number": ""}, "three numbers", "number"),
        ({"number": "v2"}, "three numbers", "number"),
        ({"number": "1.0.0"}, "higher than 1.0.0", "number"),
        ({"number": "0.9.9"}, "higher than 1.0.0", "number"),
        ({"changelog": ""}, "1 to 5000 characters", "changelog"),
        ({"changelog": "x" * 5001}, "1 to 5000 characters", "changelog"),
        ({"manifest": "{"}, "not JSON", "manifest"),
        ({"manifest": "{}"}, "is missing", "manifest"),
    ],
)
async def test_a_version_that_cannot_be_is_refused(
    desk: Browser,
    agent: AgentRow,
    fingerprint: Fingerprint,
    typed: dict[str, str],
    words: str,
    field: str,
) -> None:
    page = await desk.get(f"/creator/agents/{agent.id}")
    before = await fingerprint()
    good = {"number": "1.1.0", "changelog": "More.", "manifest": manifest()}

    seen = await desk.submit(page, f"/creator/agents/{agent.id}/version", {**good, **typed})

    assert seen.status == 422
    assert words in seen.words
    assert f"#version-{field}" in seen.links()
    assert await fingerprint() == before


@pytest.mark.parametrize(
    ("price_type", "price", "cents"),
    [("ONE_TIME", "12,50", 1250), ("ONE_TIME", "1.00", 100), ("FREE", "", 0)],
)
async def test_a_price_changes_at_once_without_a_review(
    desk: Browser, agent: AgentRow, price_type: str, price: str, cents: int
) -> None:
    page = await desk.get(f"/creator/agents/{agent.id}")
    typed = {"price_type": price_type, "price": price}

    seen = await desk.follow(await desk.submit(page, f"/creator/agents/{agent.id}/price", typed))

    assert "The price is changed" in seen.words
    assert (await get_agent(agent.id)).price_amount == cents


@pytest.mark.parametrize(
    ("price", "words"), [("0,99", "€1.00 and €50.00"), ("99", "€1.00"), ("x", "amount in euros")]
)
async def test_a_price_that_cannot_be_is_refused(
    desk: Browser, agent: AgentRow, fingerprint: Fingerprint, price: str, words: str
) -> None:
    page = await desk.get(f"/creator/agents/{agent.id}")
    before = await fingerprint()

    seen = await desk.submit(page, f"/creator/agents/{agent.id}/price", {"price": price})

    assert seen.status == 422
    assert words in seen.words
    assert "#price-price" in seen.links()
    assert await fingerprint() == before


async def test_a_paid_agent_cannot_be_submitted_without_payouts(desk: Browser) -> None:
    await db.execute("UPDATE creator SET payouts_ready = false")
    page = await desk.follow(await draft(desk))
    agent = await the_agent()

    seen = await desk.submit(page, f"/creator/agents/{agent.id}/submit")

    assert seen.status == 409
    assert "finish your payout set-up" in seen.words
    assert "/creator/onboarding" in seen.links()
    assert (await the_agent()).status is AgentStatus.DRAFT


async def test_archiving_takes_an_agent_off_sale_for_good(desk: Browser, agent: AgentRow) -> None:
    page = await desk.get(f"/creator/agents/{agent.id}")

    seen = await desk.follow(await desk.submit(page, f"/creator/agents/{agent.id}/archive"))

    assert "Its buyers keep it" in seen.words
    assert not seen.has_form(f"/creator/agents/{agent.id}")
    assert (await get_agent(agent.id)).status is AgentStatus.ARCHIVED


async def test_whoever_fell_to_free_is_informed_what_would_help(
    desk: Browser, agent: AgentRow
) -> None:
    await db.execute("UPDATE account SET tier = $1", TierCode.FREE)
    page = await desk.get(f"/creator/agents/{agent.id}")

    seen = await desk.submit(page, f"/creator/agents/{agent.id}", {"name": "Another"})

    assert seen.status == 402
    assert "needs the Starter plan" in seen.words
    assert "/pricing" in seen.links()
