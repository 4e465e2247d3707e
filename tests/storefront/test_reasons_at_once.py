"""What cannot work is said before anybody is asked for anything."""

from collections.abc import Awaitable, Callable

import httpx
import pytest

from chenu.agents.listing import ListingFields
from chenu.agents.model import PriceType
from chenu.agents.rows import AgentRow
from chenu.core import db
from chenu.flows.edit_agent import PriceWish, update_agent
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.people import Person, make_published_agent
from tests.storefront.browser import Browser, Seen
from tests.storefront.visitors import make_reader, make_seller, make_unverified


@pytest.fixture
async def seller(services: Services) -> Person:
    return await make_seller(services)


@pytest.fixture
async def agent(services: Services, seller: Person) -> AgentRow:
    return await make_published_agent(services, seller, price=999)


async def _unpaid(seller: Person, agent: AgentRow) -> None:
    await db.execute("UPDATE creator SET payouts_ready = false")


async def _monthly(seller: Person, agent: AgentRow) -> None:
    price = PriceWish(PriceType.SUBSCRIPTION, 900)
    await update_agent(seller.actor, agent.id, ListingFields(), price)


async def _unpaid_and_monthly(seller: Person, agent: AgentRow) -> None:
    await _monthly(seller, agent)
    await _unpaid(seller, agent)


Change = Callable[[Person, AgentRow], Awaitable[None]]
CHANGES: dict[str, tuple[Change, str]] = {
    "payouts not ready": (_unpaid, "cannot be paid at the moment"),
    "monthly": (_monthly, "cannot be bought yet"),
    "both": (_unpaid_and_monthly, "cannot be bought yet"),
}


async def _nobody(browser: Browser) -> Browser:
    return browser


async def _of_free_plan(browser: Browser) -> Browser:
    return browser.become(await make_reader("buyer", TierCode.FREE))


async def _unproved(browser: Browser) -> Browser:
    return browser.become(await make_unverified("buyer"))


Arrive = Callable[[Browser], Awaitable[Browser]]
VISITORS: dict[str, Arrive] = {
    "signed out": _nobody,
    "on the free plan": _of_free_plan,
    "with an unproved address": _unproved,
}


def panel(seen: Seen) -> str:
    [aside] = seen.page.find("aside", id="buy")
    return " ".join(aside.text.split())


@pytest.mark.parametrize("visitor", VISITORS.values(), ids=VISITORS)
@pytest.mark.parametrize(("change", "words"), CHANGES.values(), ids=CHANGES)
async def test_an_agent_that_nobody_can_buy_asks_for_nothing_first(
    browser: Browser, agent: AgentRow, seller: Person, change: Change, words: str, visitor: Arrive
) -> None:
    await change(seller, agent)

    seen = await (await visitor(browser)).get(f"/agents/{agent.slug}")

    assert words in panel(seen)
    for asked in ("Sign in", "Create an account", "plan or higher", "verify your e-mail"):
        assert asked not in panel(seen)
    assert not seen.has_form(f"/agents/{agent.slug}/buy")


@pytest.mark.parametrize("visitor", [_of_free_plan, _unproved], ids=["free plan", "unproved"])
@pytest.mark.parametrize(("change", "words"), CHANGES.values(), ids=CHANGES)
async def test_a_form_sent_all_the_same_gets_the_reason_that_cannot_be_lifted(
    browser: Browser, agent: AgentRow, seller: Person, change: Change, words: str, visitor: Arrive
) -> None:
    await visitor(browser)
    await change(seller, agent)
    fields = {
        "expected_amount": "999",
        "idempotency_key": "key",
        "accept_immediate_supply": "on",
        "csrf_token": dict((await browser.get("/")).page.forms[0].fields)["csrf_token"],
    }

    seen = await browser.post(f"/agents/{agent.slug}/buy", fields)

    assert seen.status == 409
    assert words in seen.words


async def test_a_stranger_reads_which_plan_buys_before_signing_up(
    browser: Browser, agent: AgentRow
) -> None:
    seen = await browser.get(f"/agents/{agent.slug}")

    assert "Sign in to buy it" in panel(seen)
    assert "needs the Starter plan or higher" in panel(seen)
    assert "/pricing" in seen.links()


@pytest.mark.parametrize(
    ("level", "rank", "words"),
    [("L0", 50, None), ("L1", 51, "come with the Starter plan"), ("L3", 168, "the Pro plan")],
)
async def test_a_stranger_reads_which_plan_a_platform_agent_comes_with(
    browser: Browser, agent: AgentRow, level: str, rank: int, words: str | None
) -> None:
    sql = """
        UPDATE agent SET kind = 'PLATFORM', creator = NULL, price_type = 'FREE', price = 0,
            level = $2, platform_rank = $3
        WHERE id = $1
    """
    await db.execute(sql, agent.id, level, rank)

    seen = await browser.get(f"/agents/{agent.slug}")

    assert "Sign in to use it" in panel(seen)
    assert "come with" in panel(seen) if words else "come with" not in panel(seen)
    assert words is None or words in panel(seen)


REVERSED = ["min=20&max=5", "min=20,01&max=20", "min=9999999&max=0&level=L1", "max=1&q=tri&min=2"]


@pytest.mark.parametrize("query", REVERSED)
async def test_prices_the_wrong_way_round_are_told_and_the_rest_is_searched(
    browser: Browser, agent: AgentRow, query: str
) -> None:
    whole = await browser.get(f"/agents?{query}")
    part = await browser.get(f"/agents?{query}", hx_request="true", hx_request_type="partial")

    assert whole.status == 422
    for seen in (whole, part):
        assert "The lowest price is above the highest" in seen.response.text
        assert agent.name in seen.response.text
    assert "#search-min" in whole.links()


@pytest.mark.parametrize("words", ["factures", "R&D <b>", "GPT-4", ""])
async def test_a_live_search_brings_the_title_of_its_page(
    browser: Browser, agent: AgentRow, words: str
) -> None:
    address = "/agents?" + str(httpx.QueryParams({"q": words}))

    whole = await browser.get(address)
    part = await browser.get(address, hx_request="true", hx_request_type="partial")

    [title] = [element.text for element in whole.page.find("title")]
    assert [element.text for element in part.page.find("title")] == [title]
    assert words in title
