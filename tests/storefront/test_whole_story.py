"""From the first draft to the opened manifest, by forms alone."""

import httpx

from chenu.accounts.actor import Staff
from chenu.core import db
from chenu.flows.invariants import check_books
from chenu.flows.services import Services
from tests.people import pay
from tests.storefront.browser import Browser, Seen
from tests.storefront.conftest import OpenBrowser
from tests.storefront.visitors import make_reader

AGENT = {
    "name": "Bail Watch",
    "tagline": "Reads your lease and marks what hurts.",
    "description": "It **reads** leases.",
    "capabilities": "contracts, proofreading",
    "language": "en",
    "sphere": "BUSINESS",
    "minutes": "7,5",
    "level": "L1",
    "price_type": "ONE_TIME",
    "price": "9,99",
    "manifest": """{"name": "Bail Watch", "model": "chenu-medium", "systemPrompt": "Read it.",
        "parameters": {}, "tools": ["files.read"], "permissions": ["files:read"]}""",
}


async def test_from_the_first_draft_to_the_opened_manifest_without_javascript(
    open_browser: OpenBrowser, services: Services
) -> None:
    creator = (await open_browser()).become(await make_reader("maker"))
    await _join_and_onboard(creator)
    url = await _publish(creator, await _reviewer(open_browser))
    buyer = (await open_browser()).become(await make_reader("buyer"))

    page = await buyer.get(url)
    sent = await buyer.submit(page, f"{url}/buy", {"accept_immediate_supply": "on"})
    paid = await pay(sent.location)
    state = await buyer.get(paid.headers["location"])
    manifest = await _open_manifest(buyer, url)
    sales = await creator.get("/creator")

    assert "Paid: Bail Watch is yours" in state.words
    assert "to the creator (70%)€7.00" in state.words
    assert '"systemPrompt": "Read it."' in manifest.words
    assert "€7.00" in sales.words
    assert [finding for finding in await check_books() if not finding.ok] == []


async def _join_and_onboard(creator: Browser) -> None:
    join = await creator.get("/creator/join")
    request = {
        "handle": "bail-watch",
        "display_name": "Bail & Co",
        "bio": "We read.",
        "country": "fr",
    }
    desk = await creator.follow(await creator.submit(join, "/creator/join", request))
    assert "Stripe" in desk.words
    onboarding = await creator.get("/creator/onboarding")
    async with httpx.AsyncClient() as stripe:
        done = await stripe.post(onboarding.location, data={"complete": "complete"})
    returned = await creator.open(done.headers["location"])
    assert "Your payouts are ready" in returned.words


async def _reviewer(open_browser: OpenBrowser) -> Browser:
    person = await make_reader("reviewer", staff=(Staff.REVIEWER,))
    return (await open_browser()).become(person)


async def _publish(creator: Browser, reviewer: Browser) -> str:
    new = await creator.get("/creator/agents/new")
    draft = await creator.follow(await creator.submit(new, "/creator/agents/new", AGENT))
    [submit] = [form.action for form in draft.page.forms if form.action.endswith("/submit")]
    waiting = await creator.follow(await creator.submit(draft, submit))
    assert "waits for a reviewer" in waiting.words
    queue = await reviewer.get("/staff")
    [url] = [link for link in queue.links() if link.startswith("/staff/agents/")]
    review = await reviewer.get(url)
    assert "Opens the files you choose." in review.words
    after = await reviewer.follow(
        await reviewer.submit(
            review, f"{url}/decide", {"reason": "Read."}, button="decision=approve"
        )
    )
    assert "Approved: it is in the store" in after.words
    slug = await db.fetch_value("SELECT slug FROM agent")
    return f"/agents/{slug}"


async def _open_manifest(buyer: Browser, url: str) -> Seen:
    ask = await buyer.get(f"{url}/manifest")
    assert "can no longer withdraw" in ask.words
    assert await _first_use() is None
    opened = await buyer.submit(ask, f"{url}/manifest")
    assert await _first_use() is not None
    return opened


async def _first_use() -> object:
    return await db.fetch_value("SELECT first_used_at FROM access_grant")
