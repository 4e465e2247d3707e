"""A draft begins with a name and grows step by step; its maker sees what is missing."""

import json

import pytest

from chenu.agents.rows import AgentRow
from chenu.core import db
from chenu.core.errors import ChenuError
from chenu.flows.creators.begin_agent import require_complete
from chenu.flows.services import Services
from tests.people import MANIFEST, Person, get_agent, make_published_agent
from tests.storefront.browser import Browser
from tests.storefront.visitors import make_seller

DESCRIPTION = "Il lit chaque facture, la classe et dit ce qui manque."


@pytest.fixture
async def seller(services: Services) -> Person:
    return await make_seller(services)


@pytest.fixture
async def desk(browser: Browser, seller: Person) -> Browser:
    return browser.become(seller)


async def _begin(desk: Browser) -> str:
    """The page of a new draft."""
    page = await desk.get("/creator/agents/new")
    sent = await desk.submit(page, "/creator/agents/begin", {"name": "Trieur", "level": "L1"})
    return sent.location.partition("?")[0]


async def _draft() -> AgentRow:
    return await get_agent(await db.fetch_value("SELECT id FROM agent"))


async def test_a_name_is_enough_to_begin(desk: Browser) -> None:
    path = await _begin(desk)

    page = await desk.get(path)
    draft = await _draft()

    assert (draft.name, draft.status, draft.current_version) == ("Trieur", "DRAFT", None)
    assert "How complete it is" in page.words
    assert "Save a first version with its manifest" in page.words
    assert "/creator#profile" not in page.links() or draft.creator_bio == ""


async def test_a_name_that_cannot_be_is_said_beside_it(desk: Browser) -> None:
    page = await desk.get("/creator/agents/new")

    refused = await desk.submit(page, "/creator/agents/begin", {"name": "x", "level": "L1"})

    assert refused.status == 422
    assert await db.fetch_value("SELECT count(*) FROM agent") == 0


async def test_what_is_good_of_a_step_is_saved(desk: Browser) -> None:
    path = await _begin(desk)

    typed = {"tagline": "Classe vos factures.", "description": "", "minutes": "many"}
    refused = await desk.submit(await desk.get(path), path, typed)

    draft = await _draft()
    assert refused.status == 422
    assert (draft.tagline, draft.description) == ("Classe vos factures.", "")


async def test_a_draft_with_gaps_is_not_submitted_and_says_which(desk: Browser) -> None:
    path = await _begin(desk)

    refused = await desk.submit(await desk.get(path), f"{path}/submit")

    assert refused.status == 422
    assert (await _draft()).status == "DRAFT"


async def test_step_by_step_it_becomes_whole(desk: Browser) -> None:
    path = await _begin(desk)
    with pytest.raises(ChenuError):
        require_complete(await _draft())

    texts = {"tagline": "Classe vos factures.", "description": DESCRIPTION, "minutes": "5"}
    await desk.submit(await desk.get(path), path, texts)
    version = {"number": "1.0.0", "changelog": "First.", "manifest": json.dumps(MANIFEST)}
    saved = await desk.submit(await desk.get(path), f"{path}/version", version)
    assert saved.status == 303, saved.words
    await desk.submit(await desk.get(path), f"{path}/submit")

    require_complete(await _draft())
    assert (await _draft()).status == "PENDING_REVIEW"


async def test_the_preview_shows_the_page_with_the_waiting_change(
    desk: Browser, services: Services, seller: Person
) -> None:
    agent = await make_published_agent(services, seller)
    path = f"/creator/agents/{agent.id}"
    await desk.submit(await desk.get(path), path, {"tagline": "Une autre promesse."})

    preview = await desk.get(f"{path}/preview")
    live = await desk.get(f"/agents/{agent.slug}")

    assert "Une autre promesse." in preview.words
    assert "This is a preview" in preview.words
    assert "Une autre promesse." not in live.words


async def test_a_stranger_sees_no_preview(browser: Browser, agent: AgentRow) -> None:
    assert (await browser.get(f"/creator/agents/{agent.id}/preview")).status in (303, 401, 404)
