"""What cannot be bought, saved or submitted says so before anything is asked of anybody."""

from collections.abc import Awaitable, Callable

import pytest

from chenu.agents.listing import ListingFields
from chenu.agents.model import AgentKind, PriceType
from chenu.agents.rows import AgentRow
from chenu.core import db
from chenu.flows.creators.edit_agent import PriceInput, create_agent, update_agent
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.people import Person, agent_input, make_published_agent
from tests.storefront.browser import Browser
from tests.storefront.visitors import make_reader, make_unverified

Change = Callable[[Person, AgentRow], Awaitable[object]]


async def _close_monthly(seller: Person, agent: AgentRow) -> None:
    price = PriceInput(PriceType.SUBSCRIPTION, 900)
    await update_agent(seller.actor, agent.id, ListingFields(), price)
    await _close(seller, agent)


async def _close(seller: Person, agent: AgentRow) -> None:
    await db.execute("UPDATE creator SET payouts_ready = false")


UNBUYABLE: dict[str, tuple[Change, str]] = {
    "payouts not finished": (_close, "cannot be paid at the moment"),
    "monthly, payouts not finished": (_close_monthly, "cannot be paid at the moment"),
}
ASKING: dict[str, Callable[[], Awaitable[Person]] | None] = {
    "nobody": None,
    "the free plan": lambda: make_reader("buyer", TierCode.FREE),
    "an unproved address": lambda: make_unverified("buyer"),
    "a buyer": lambda: make_reader("buyer"),
}


@pytest.mark.parametrize(("change", "words"), UNBUYABLE.values(), ids=UNBUYABLE.keys())
@pytest.mark.parametrize("make", ASKING.values(), ids=ASKING.keys())
async def test_what_nobody_can_buy_says_so_before_it_asks_for_anything(
    browser: Browser,
    agent: AgentRow,
    seller: Person,
    change: Change,
    words: str,
    make: Callable[[], Awaitable[Person]] | None,
) -> None:
    await change(seller, agent)
    if make is not None:
        browser.become(await make())

    seen = await browser.get(f"/agents/{agent.slug}")

    assert words in seen.buy_panel()
    assert "Show all agents" in seen.buy_panel()
    asked = ("Sign in", "account", "plan or higher", "verify", "payouts")
    assert not [word for word in asked if word in seen.buy_panel()]


@pytest.mark.parametrize(("change", "words"), UNBUYABLE.values(), ids=UNBUYABLE.keys())
@pytest.mark.parametrize("name", ["the free plan", "an unproved address"])
async def test_a_form_sent_all_the_same_gets_the_reason_that_cannot_be_lifted(
    browser: Browser, agent: AgentRow, seller: Person, change: Change, words: str, name: str
) -> None:
    make = ASKING[name]
    assert make is not None
    browser.become(await make())
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


@pytest.mark.parametrize("price", [0, 999])
async def test_a_stranger_is_informed_the_plan_before_signing_in(
    browser: Browser, services: Services, seller: Person, price: int
) -> None:
    agent = await make_published_agent(services, seller, price=price)

    seen = await browser.get(f"/agents/{agent.slug}")

    assert "needs the Starter plan or higher" in seen.buy_panel()
    assert "Sign in to" in seen.buy_panel()
    assert "/pricing" in seen.links()


@pytest.mark.parametrize(
    ("level", "rank", "words"),
    [("L0", 50, None), ("L1", 51, "come with the Starter plan"), ("L3", 168, "with the Pro plan")],
)
async def test_a_stranger_is_informed_the_plan_of_a_platform_agent(
    browser: Browser, agent: AgentRow, level: str, rank: int, words: str | None
) -> None:
    sql = """
        UPDATE agent SET kind = $2, creator = NULL, price_type = 'FREE', price = 0, level = $3,
            platform_rank = $4
        WHERE id = $1
    """
    await db.execute(sql, agent.id, AgentKind.PLATFORM, level, rank)

    seen = await browser.get(f"/agents/{agent.slug}")

    assert "Sign in to use it" in seen.buy_panel()
    assert words in seen.buy_panel() if words else "come with" not in seen.buy_panel()


async def test_what_a_submission_lacks_is_reported_before_it_is_sent(
    browser: Browser, seller: Person
) -> None:
    browser.become(seller)
    url = f"/creator/agents/{await create_agent(seller.actor, agent_input())}"
    ready = await browser.get(url)
    await db.execute("UPDATE creator SET payouts_ready = false")
    unpaid = await browser.get(url)
    await db.execute("UPDATE app_user SET email_verified_at = NULL")
    unproved = await browser.get(url)

    assert "/creator/onboarding" not in ready.links()
    assert "finish your payout set-up" in unpaid.words
    assert "/creator/onboarding" in unpaid.links()
    assert "verify your e-mail address" in unproved.words
    assert "/account#address" in unproved.links()


@pytest.mark.parametrize("url", ["/creator/agents/new", "/creator/agents/{id}"])
async def test_a_plan_that_saves_nothing_is_informed_before_anything_is_typed(
    browser: Browser, agent: AgentRow, seller: Person, url: str
) -> None:
    await db.execute("UPDATE account SET tier = $1", TierCode.FREE)

    seen = await browser.become(seller).get(url.format(id=agent.id))

    assert "needs the Starter plan" in seen.words
    assert "/pricing" in seen.links()
