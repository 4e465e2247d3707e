"""What the buy panel says to each visitor, and every refusal when they buy all the same."""

from collections.abc import Awaitable, Callable
from urllib.parse import unquote

import pytest

from chenu.accounts.actor import Staff
from chenu.agents.listing import ListingFields
from chenu.agents.model import AgentKind, PriceType
from chenu.agents.rows import AgentRow
from chenu.core import db
from chenu.core.ids import new_id
from chenu.flows.creators.edit_agent import PriceInput, update_agent
from chenu.flows.creators.review_agent import archive_agent
from chenu.tiers.catalogue import TierCode
from tests.people import Person
from tests.storefront.browser import Browser
from tests.storefront.conftest import Fingerprint
from tests.storefront.visitors import make_reader, make_unverified

Change = Callable[[Person, AgentRow], Awaitable[object]]


async def test_a_stranger_sees_price_split_and_the_way_in(
    browser: Browser, agent: AgentRow
) -> None:
    seen = await browser.get(f"/agents/{agent.slug}")

    words = seen.buy_panel()
    assert "€9.99" in words
    assert "Sign in to buy it" in words
    assert "to the creator (70%)€7.00" in words
    assert "to CHE·NU (30%)€2.99" in words
    assert f"/sign-in?next=/agents/{agent.slug}" in map(unquote, seen.links())
    assert not seen.has_form(f"/agents/{agent.slug}/buy")


async def test_a_buyer_sees_an_unticked_box_and_the_price_on_the_button(
    browser: Browser, agent: AgentRow
) -> None:
    browser.become(await make_reader("buyer"))

    seen = await browser.get(f"/agents/{agent.slug}")

    form = seen.form(f"/agents/{agent.slug}/buy")
    assert ("accept_immediate_supply", "on") in form.boxes
    assert "accept_immediate_supply" not in dict(form.fields)
    assert dict(form.fields)["expected_amount"] == "999"
    assert "Order and pay €9.99" in seen.buy_panel()
    assert "I ask for the agent to be supplied at once" in seen.buy_panel()
    assert "I lose my right of withdrawal" in seen.buy_panel()
    assert "may withdraw within 14 days" in seen.buy_panel()


async def test_each_rendered_form_has_a_key_of_its_own(browser: Browser, agent: AgentRow) -> None:
    browser.become(await make_reader("buyer"))

    pages = [await browser.get(f"/agents/{agent.slug}") for _ in range(2)]

    keys = {
        dict(page.form(f"/agents/{agent.slug}/buy").fields)["idempotency_key"] for page in pages
    }
    assert len(keys) == 2


async def test_the_free_plan_is_informed_which_plan_sells(
    browser: Browser, agent: AgentRow
) -> None:
    browser.become(await make_reader("buyer", TierCode.FREE))

    seen = await browser.get(f"/agents/{agent.slug}")

    assert "needs the Starter plan or higher" in seen.buy_panel()
    assert "/pricing" in seen.links()
    assert not seen.has_form(f"/agents/{agent.slug}/buy")


async def test_an_unproved_address_gets_its_link_again(browser: Browser, agent: AgentRow) -> None:
    browser.become(await make_unverified("buyer"))

    seen = await browser.get(f"/agents/{agent.slug}")
    sent = await browser.submit(seen, "/account/verify")

    assert "verify your e-mail address first" in seen.buy_panel()
    assert sent.location == "/account?notice=verify"
    kinds = "SELECT count(*) FROM outbox_mail WHERE kind = 'EMAIL_VERIFY'"
    assert await db.fetch_value(kinds) == 1


async def test_the_maker_is_led_to_the_desk(
    browser: Browser, agent: AgentRow, seller: Person
) -> None:
    seen = await browser.become(seller).get(f"/agents/{agent.slug}")

    assert "You made this agent" in seen.buy_panel()
    assert f"/creator/agents/{agent.id}" in seen.links()


async def test_a_seller_who_cannot_be_paid_sells_nothing(browser: Browser, agent: AgentRow) -> None:
    await db.execute("UPDATE creator SET payouts_ready = false")
    browser.become(await make_reader("buyer"))

    seen = await browser.get(f"/agents/{agent.slug}")

    assert "cannot be paid at the moment" in seen.buy_panel()
    assert not seen.has_form(f"/agents/{agent.slug}/buy")


async def test_a_monthly_agent_says_how_often_it_is_paid(
    browser: Browser, agent: AgentRow, seller: Person
) -> None:
    price = PriceInput(PriceType.SUBSCRIPTION, 900)
    await update_agent(seller.actor, agent.id, ListingFields(), price)
    browser.become(await make_reader("buyer"))

    seen = await browser.get(f"/agents/{agent.slug}")

    assert "€9.00 / month" in seen.buy_panel()
    assert "Paid each month until you cancel" in seen.buy_panel()
    assert seen.has_form(f"/agents/{agent.slug}/buy")


async def _make_platform_agent(agent: AgentRow, level: str, rank: int) -> None:
    sql = """
        UPDATE agent SET kind = $2, creator = NULL, price_type = 'FREE', price = 0, level = $3,
            platform_rank = $4
        WHERE id = $1
    """
    await db.execute(sql, agent.id, AgentKind.PLATFORM, level, rank)


@pytest.mark.parametrize(
    ("tier", "level", "rank", "words"),
    [
        (TierCode.FREE, "L0", 50, "Included in your plan Free"),
        (TierCode.FREE, "L1", 51, "come with the Starter plan"),
        (TierCode.STARTER, "L1", 100, "Included in your plan Starter"),
        (TierCode.STARTER, "L3", 168, "come with the Pro plan"),
        (TierCode.PRO, "L3", 168, "Included in your plan Pro"),
    ],
)
async def test_platform_agents_come_with_plans(
    browser: Browser, agent: AgentRow, tier: TierCode, level: str, rank: int, words: str
) -> None:
    await _make_platform_agent(agent, level, rank)
    browser.become(await make_reader("buyer", tier))

    seen = await browser.get(f"/agents/{agent.slug}")

    assert words in seen.buy_panel()
    assert not seen.has_form(f"/agents/{agent.slug}/buy")


async def _change_price(seller: Person, agent: AgentRow) -> None:
    price = PriceInput(PriceType.ONE_TIME, 1500)
    await update_agent(seller.actor, agent.id, ListingFields(), price)


async def _archive(seller: Person, agent: AgentRow) -> None:
    await archive_agent(seller.actor, agent.id)


async def _close_payouts(seller: Person, agent: AgentRow) -> None:
    await db.execute("UPDATE creator SET payouts_ready = false")


async def _drop_to_free(seller: Person, agent: AgentRow) -> None:
    await db.execute("UPDATE account SET tier = 'FREE'")


async def _unprove(seller: Person, agent: AgentRow) -> None:
    await db.execute("UPDATE app_user SET email_verified_at = NULL")


async def _give(seller: Person, agent: AgentRow) -> None:
    sql = """
        INSERT INTO access_grant (id, account, agent, source, starts_at)
        SELECT $1, a.id, $2, 'GIFT', now() FROM account a JOIN app_user u ON u.id = a.owner
        WHERE u.email = 'buyer@example.org'
    """
    await db.execute(sql, new_id(), agent.id)


MEANWHILE: list[tuple[str, Change, int, str]] = [
    ("price changed", _change_price, 409, "The price has changed"),
    ("archived", _archive, 404, "There is nothing here"),
    ("payouts closed", _close_payouts, 409, "cannot be paid at the moment"),
    ("plan ended", _drop_to_free, 402, "needs the Starter plan"),
    ("address unproved", _unprove, 409, "verify your e-mail address"),
    ("owned already", _give, 409, "in your library already"),
]


@pytest.mark.parametrize(
    ("change", "status", "words"), [row[1:] for row in MEANWHILE], ids=[row[0] for row in MEANWHILE]
)
async def test_what_happened_meanwhile_is_said_and_nothing_is_charged(
    browser: Browser,
    agent: AgentRow,
    seller: Person,
    fingerprint: Fingerprint,
    change: Change,
    status: int,
    words: str,
) -> None:
    browser.become(await make_reader("buyer"))
    page = await browser.get(f"/agents/{agent.slug}")
    await change(seller, agent)
    before = await fingerprint()

    seen = await browser.submit(
        page, f"/agents/{agent.slug}/buy", {"accept_immediate_supply": "on"}
    )

    assert (seen.status, words in seen.words) == (status, True), seen.words
    assert await fingerprint() == before


async def test_after_a_change_of_price_the_form_shows_the_new_one(
    browser: Browser, agent: AgentRow, seller: Person
) -> None:
    browser.become(await make_reader("buyer"))
    page = await browser.get(f"/agents/{agent.slug}")
    await _change_price(seller, agent)

    seen = await browser.submit(
        page, f"/agents/{agent.slug}/buy", {"accept_immediate_supply": "on"}
    )

    form = seen.form(f"/agents/{agent.slug}/buy")
    assert dict(form.fields)["expected_amount"] == "1500"
    assert "accept_immediate_supply" not in dict(form.fields)
    assert "Order and pay €15.00" in seen.buy_panel()


INPUTS = [
    ("box not ticked", {"accept_immediate_supply": ""}, "agree to immediate supply"),
    ("box says no", {"accept_immediate_supply": "false"}, "agree to immediate supply"),
    ("no amount", {"expected_amount": ""}, "whole number of cents"),
    ("amount in words", {"expected_amount": "nine"}, "whole number of cents"),
    ("negative", {"expected_amount": "-999"}, "whole number of cents"),
    ("decimal", {"expected_amount": "9.99"}, "whole number of cents"),
    ("huge", {"expected_amount": "9" * 30}, "whole number of cents"),
    ("other digits", {"expected_amount": "٩٩٩"}, "whole number of cents"),
    ("too little", {"expected_amount": "0"}, "The price has changed"),
    ("a cent less", {"expected_amount": "998"}, "The price has changed"),
    ("no key", {"idempotency_key": ""}, "idempotency key has 1 to 255"),
    ("long key", {"idempotency_key": "k" * 256}, "idempotency key has 1 to 255"),
]


@pytest.mark.parametrize(
    ("typed", "words"), [row[1:] for row in INPUTS], ids=[row[0] for row in INPUTS]
)
async def test_a_request_that_is_wrong_is_refused_in_words(
    browser: Browser,
    agent: AgentRow,
    fingerprint: Fingerprint,
    typed: dict[str, str],
    words: str,
) -> None:
    browser.become(await make_reader("buyer"))
    page = await browser.get(f"/agents/{agent.slug}")
    fields = dict(page.form(f"/agents/{agent.slug}/buy").fields)
    before = await fingerprint()
    good = {**fields, "accept_immediate_supply": "on"}

    seen = await browser.post(f"/agents/{agent.slug}/buy", {**good, **typed})

    assert seen.status in (409, 422)
    assert words in seen.words
    assert await fingerprint() == before


async def test_nobody_buys_what_they_may_not_see(
    browser: Browser, agent: AgentRow, seller: Person
) -> None:
    await archive_agent(seller.actor, agent.id)
    reviewer = await make_reader("reviewer", staff=(Staff.REVIEWER,))

    seen = await browser.become(reviewer).get(f"/agents/{agent.slug}")

    assert "not on sale at the moment" in seen.buy_panel()
