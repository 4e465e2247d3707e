"""Pictures of an agent: uploaded, reviewed, shown, put in order, removed."""

import json

import pytest

from chenu.accounts.actor import Staff
from chenu.agents.rows import AgentRow
from chenu.core import db
from chenu.flows.services import Services
from tests.media.drawn import png
from tests.people import Person, get_agent, make_published_agent
from tests.storefront.browser import Browser, Seen
from tests.storefront.conftest import Fingerprint, OpenBrowser
from tests.storefront.visitors import make_reader, make_seller

ALT = "La liste des factures, classées par mois"


@pytest.fixture
async def seller(services: Services) -> Person:
    return await make_seller(services)


@pytest.fixture
async def agent(services: Services, seller: Person) -> AgentRow:
    return await make_published_agent(services, seller, price=999)


@pytest.fixture
async def desk(browser: Browser, seller: Person) -> Browser:
    return browser.become(seller)


@pytest.fixture
async def draft(desk: Browser) -> AgentRow:
    page = await desk.get("/creator/agents/new")
    await desk.submit(page, "/creator/agents/begin", {"name": "Trieur", "level": "L1"})
    sql = "SELECT id FROM agent WHERE status = 'DRAFT'"
    return await get_agent(await db.fetch_value(sql))


async def _upload(desk: Browser, agent: AgentRow, kind: str, alt: str = "") -> Seen:
    page = await desk.get(f"/creator/agents/{agent.id}")
    path = f"/creator/agents/{agent.id}/{kind}"
    return await desk.upload(page, path, png(), {"alt": alt} if alt else None)


async def _images(browser: Browser, path: str) -> list[str]:
    page = await browser.get(path)
    return [image.attributes.get("src", "") for image in page.page.find("img")]


async def test_a_draft_has_its_pictures_at_once(desk: Browser, draft: AgentRow) -> None:
    await desk.follow(await _upload(desk, draft, "icon"))
    await desk.follow(await _upload(desk, draft, "screenshots", ALT))

    after = await get_agent(draft.id)
    [shot] = after.media.screenshots
    assert (shot.alt, shot.width, shot.height) == (ALT, 640, 480)
    preview = await desk.get(f"/creator/agents/{draft.id}/preview")
    assert [image.attributes["alt"] for image in preview.page.find("img")] == ["", ALT]
    served = await desk.get(f"/media/{shot.hash}-large.webp")
    assert (served.status, served.response.headers["content-type"]) == (200, "image/webp")


async def test_what_is_new_of_a_published_agent_waits_for_a_reviewer(
    services: Services, desk: Browser, agent: AgentRow, open_browser: OpenBrowser
) -> None:
    await desk.follow(await _upload(desk, agent, "screenshots", ALT))
    buyer = await open_browser()
    staff = (await open_browser()).become(await make_reader("rita", staff=(Staff.REVIEWER,)))

    before = await _images(buyer, f"/agents/{agent.slug}")
    review = await staff.get(f"/staff/agents/{agent.id}")
    path = f"/staff/agents/{agent.id}/decide"
    await staff.follow(
        await staff.submit(review, path, {"reason": "Clear"}, button="decision=approve")
    )
    after = await _images(buyer, f"/agents/{agent.slug}")

    assert before == []
    assert "On sale now The drawn icon No screenshots." in review.words
    assert f"After the change The drawn icon added · {ALT}" in review.words
    assert len(after) == 1


async def test_a_card_and_the_api_show_the_icon(
    services: Services, desk: Browser, agent: AgentRow, browser: Browser
) -> None:
    await desk.follow(await _upload(desk, agent, "icon"))
    await db.execute("UPDATE agent SET media = fields -> 'media' FROM agent_change")
    name = (await get_agent(agent.id)).icon

    shown = await _images(browser, "/agents")
    body = json.dumps({"query": "{ agents(first: 1) { edges { node { iconUrl } } } }"})
    asked = await browser.client.post(
        "/graphql", content=body, headers={"content-type": "application/json"}
    )

    assert shown == [f"/media/{name}-medium.webp"]
    assert f"/media/{name}-large.webp" in asked.text


async def test_screenshots_are_put_in_order_described_and_removed(
    desk: Browser, draft: AgentRow
) -> None:
    for alt in ("First", "Second"):
        await desk.follow(await _upload(desk, draft, "screenshots", alt))
    second = (await get_agent(draft.id)).media.screenshots[1].hash
    path = f"/creator/agents/{draft.id}/pictures/{second}"

    async def send(action: str, **typed: str) -> None:
        page = await desk.get(f"/creator/agents/{draft.id}")
        await desk.follow(await desk.submit(page, f"{path}/{action}", typed))

    await send("move")
    await send("alt", alt="The second")
    moved = [shot.alt for shot in (await get_agent(draft.id)).media.screenshots]
    await send("remove")
    left = [shot.alt for shot in (await get_agent(draft.id)).media.screenshots]

    assert (moved, left) == (["The second", "First"], ["First"])


@pytest.mark.parametrize(
    ("alt", "words"),
    [("", "Please enter 1 to 200 characters"), ("x" * 201, "Please enter 1 to 200 characters")],
    ids=["none", "long"],
)
async def test_a_screenshot_needs_words(
    desk: Browser, draft: AgentRow, fingerprint: Fingerprint, alt: str, words: str
) -> None:
    page, before = await desk.get(f"/creator/agents/{draft.id}"), await fingerprint()

    path = f"/creator/agents/{draft.id}/screenshots"
    refused = await desk.upload(page, path, png(), {"alt": alt})

    assert refused.status == 422
    assert words in refused.words
    assert await fingerprint() == before


async def test_a_sixth_screenshot_is_refused(desk: Browser, draft: AgentRow) -> None:
    page = await desk.get(f"/creator/agents/{draft.id}")
    path = f"/creator/agents/{draft.id}/screenshots"
    for number in range(5):
        await desk.follow(await desk.upload(page, path, png(), {"alt": f"Page {number}"}))

    refused = await desk.upload(page, path, png(), {"alt": "One more"})

    assert "at most 5 screenshots" in refused.words
    assert len((await get_agent(draft.id)).media.screenshots) == 5


@pytest.mark.parametrize(
    "content",
    [b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"x" * 5_000_001],
    ids=["empty", "svg", "large"],
)
async def test_what_is_no_picture_is_refused_at_its_field(
    desk: Browser, draft: AgentRow, fingerprint: Fingerprint, content: bytes
) -> None:
    page, before = await desk.get(f"/creator/agents/{draft.id}"), await fingerprint()

    refused = await desk.upload(page, f"/creator/agents/{draft.id}/icon", content)

    assert refused.status == 422
    [link, *_] = [each for each in refused.links() if each.startswith("#picture-")]
    assert link == "#picture-icon-picture"
    assert await fingerprint() == before


async def test_a_form_of_another_session_uploads_nothing(
    desk: Browser, draft: AgentRow, fingerprint: Fingerprint
) -> None:
    page, before = await desk.get(f"/creator/agents/{draft.id}"), await fingerprint()

    path = f"/creator/agents/{draft.id}/icon"
    refused = await desk.upload(page, path, png(), {"csrf_token": "guessed"})

    assert refused.status == 403
    assert await fingerprint() == before
