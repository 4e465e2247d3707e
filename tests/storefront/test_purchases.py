"""Buying without JavaScript, and every way in which it may end."""

import httpx
import pytest

from chenu.agents.model import PurchaseStatus
from chenu.agents.rows import AgentRow
from chenu.billing.gateway import OutcomeUnknown
from chenu.billing.live_gateway import LiveGateway
from chenu.core import db
from chenu.flows.services import Services
from tests.people import make_published_agent, pay
from tests.storefront.browser import Browser, Seen
from tests.storefront.conftest import Fingerprint, OpenBrowser
from tests.storefront.visitors import make_reader, make_seller


async def order(browser: Browser, agent: AgentRow) -> Seen:
    """Ticks the consent box and presses the button."""
    page = await browser.get(f"/agents/{agent.slug}")
    return await browser.submit(
        page, f"/agents/{agent.slug}/buy", {"accept_immediate_supply": "on"}
    )


async def purchase_page(browser: Browser) -> str:
    """The URL of the latest purchase."""
    purchase_id = await db.fetch_value("SELECT id FROM purchase ORDER BY id DESC LIMIT 1")
    return f"/purchases/{purchase_id}"


@pytest.fixture
async def buyer(browser: Browser, agent: AgentRow) -> Browser:
    return browser.become(await make_reader("buyer"))


async def test_the_buyer_is_led_to_the_payment_page_and_charged_nothing_before(
    buyer: Browser, services: Services, agent: AgentRow
) -> None:
    sent = await order(buyer, agent)

    assert sent.status == 303
    assert sent.location.startswith(str(services.settings.stripe.api_base))
    seen = await buyer.get(await purchase_page(buyer))
    assert "Not paid yet" in seen.words
    assert sent.location in seen.links()
    assert await db.fetch_value("SELECT count(*) FROM purchase_payment") == 0


async def test_a_second_click_finds_the_same_payment_page(buyer: Browser, agent: AgentRow) -> None:
    page = await buyer.get(f"/agents/{agent.slug}")
    typed = {"accept_immediate_supply": "on"}

    first = await buyer.submit(page, f"/agents/{agent.slug}/buy", typed)
    again = await buyer.submit(page, f"/agents/{agent.slug}/buy", typed)
    later = await order(buyer, agent)

    assert first.location == again.location == later.location
    assert await db.fetch_value("SELECT count(*) FROM purchase") == 1


async def test_a_declined_card_keeps_the_order_and_another_card_pays(
    buyer: Browser, agent: AgentRow
) -> None:
    sent = await order(buyer, agent)
    await pay(sent.location, "4000000000000002")

    declined = await buyer.get(await purchase_page(buyer))
    assert "The card was declined" in declined.words
    assert "Nothing was charged" in declined.words
    [again] = [link for link in declined.links() if link == sent.location]
    paid = await pay(again)
    state = await buyer.get(paid.headers["location"])

    assert "is yours" in state.words


async def test_a_card_that_asks_for_confirmation_pays_when_it_is_given(
    buyer: Browser, services: Services, agent: AgentRow
) -> None:
    sent = await order(buyer, agent)
    asked = await pay(sent.location, "4000002760003184")
    waiting = await buyer.get(await purchase_page(buyer))

    confirm = f"{services.settings.stripe.api_base}{asked.headers['location']}"
    async with httpx.AsyncClient() as stripe:
        done = await stripe.post(confirm, data={"action": "complete"})
    state = await buyer.get(done.headers["location"])

    assert "Not paid yet" in waiting.words
    assert "is yours" in state.words


async def test_an_abandoned_payment_page_can_be_left_for_good(
    buyer: Browser, agent: AgentRow
) -> None:
    sent = await order(buyer, agent)
    url = await purchase_page(buyer)
    page = await buyer.get(url)

    canceled = await buyer.follow(await buyer.submit(page, f"{url}/cancel"))
    late = await pay(sent.location)

    assert "Nothing was bought" in canceled.words
    assert late.status_code == 410
    assert await db.fetch_value("SELECT status FROM purchase") == PurchaseStatus.CANCELED
    assert "Order and pay" in (await buyer.get(f"/agents/{agent.slug}")).words


async def test_whoever_paid_a_moment_before_canceling_has_paid(
    buyer: Browser, agent: AgentRow
) -> None:
    sent = await order(buyer, agent)
    url = await purchase_page(buyer)
    page = await buyer.get(url)
    await pay(sent.location)

    after = await buyer.follow(await buyer.submit(page, f"{url}/cancel"))

    assert "is yours" in after.words


async def test_an_unanswered_question_is_admitted(
    buyer: Browser, agent: AgentRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    await order(buyer, agent)

    async def be_away(*_: object) -> None:
        raise OutcomeUnknown("The payment service did not answer. We are checking what happened")

    monkeypatch.setattr(LiveGateway, "get_checkout", be_away)
    seen = await buyer.get(await purchase_page(buyer))

    assert "is being confirmed" in seen.words
    assert "do not pay again" in seen.words
    assert not any("/c/pay/" in link for link in seen.links())


async def test_without_the_payment_service_nothing_is_charged_and_words_say_so(
    buyer: Browser, agent: AgentRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def be_away(*_: object) -> None:
        raise OutcomeUnknown("The payment service did not answer. We are checking what happened")

    monkeypatch.setattr(LiveGateway, "create_checkout", be_away)
    seen = await order(buyer, agent)

    assert seen.status == 503
    assert "payment service" in seen.words
    assert await db.fetch_value("SELECT count(*) FROM purchase_payment") == 0


async def test_a_free_agent_is_added_at_once(browser: Browser, services: Services) -> None:
    seller = await make_seller(services)
    agent = await make_published_agent(services, seller, price=0)
    browser.become(await make_reader("buyer"))

    state = await browser.follow(await order(browser, agent))
    library = await browser.get("/library")

    assert "is in your library" in state.words
    assert agent.name in library.words
    assert f"/agents/{agent.slug}/manifest" in library.links()


async def test_the_state_is_asked_for_again_while_it_may_change(
    buyer: Browser, agent: AgentRow
) -> None:
    sent = await order(buyer, agent)
    url = await purchase_page(buyer)
    headers = {"hx_request": "true", "hx_request_type": "partial"}
    [panel] = [e for e in (await buyer.get(url)).page.find("div") if "hx-get" in e.attributes]

    same = await buyer.get(panel.attributes["hx-get"], **headers)
    await pay(sent.location)
    changed = await buyer.get(panel.attributes["hx-get"], **headers)

    assert panel.attributes["hx-get"] == f"{url}?seen=OPEN"
    assert panel.attributes["hx-trigger"] == "every 2s"
    assert same.status == 204
    assert "is yours" in changed.response.text
    assert "<html" not in changed.response.text
    assert "hx-get" not in changed.response.text


async def test_the_account_lists_what_was_bought_with_its_split_and_receipts(
    buyer: Browser, agent: AgentRow
) -> None:
    sent = await order(buyer, agent)
    paid = await pay(sent.location)
    await buyer.get(paid.headers["location"])

    account = await buyer.get("/account")

    assert agent.name in account.words
    assert "to CHE·NU (30%)€2.99" in account.words
    assert any("/invoice" in link or "/receipts/" in link for link in account.links())


async def test_a_purchase_is_its_buyers_alone(
    buyer: Browser, open_browser: OpenBrowser, agent: AgentRow, fingerprint: Fingerprint
) -> None:
    await order(buyer, agent)
    url = await purchase_page(buyer)
    stranger = (await open_browser()).become(await make_reader("stranger"))
    account = await stranger.get("/account")
    token = dict(account.form("/sign-out").fields)
    before = await fingerprint()

    assert (await stranger.get(url)).status == 404
    assert (await stranger.post(f"{url}/cancel", token)).status == 404
    assert await fingerprint() == before


@pytest.mark.parametrize("wrong", ["nothing", "123", "01a2051f-a8ba-7639-bbad-d23eab301896"])
async def test_a_purchase_that_does_not_exist_is_not_found(buyer: Browser, wrong: str) -> None:
    assert (await buyer.get(f"/purchases/{wrong}")).status == 404


async def test_a_manifest_is_for_holders(
    buyer: Browser, agent: AgentRow, fingerprint: Fingerprint
) -> None:
    before = await fingerprint()

    seen = await buyer.get(f"/agents/{agent.slug}/manifest")

    assert seen.status == 409
    assert "not in your library yet" in seen.words
    assert "systemPrompt" not in seen.response.text
    assert await fingerprint() == before
