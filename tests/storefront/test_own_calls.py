"""What the developer's page shows to who is signed in: plan, calls by day, what is left."""

from datetime import date

import pytest

from chenu.accounts.actor import ApiScope
from chenu.core.clock import business_now
from chenu.core.months import month_of
from chenu.metering.usage import UsageCounts, UsageDay, store_usage
from chenu.tiers.catalogue import TierCode
from storefront.templating import environment
from tests.people import Person
from tests.storefront.browser import Browser, Seen
from tests.storefront.visitors import make_reader

PAGE = "/developers"


def _tiles(page: Seen) -> list[str]:
    return ["".join(tile.text.split()) for tile in page.page.find("div", class_="tile")]


async def _count(person: Person, day: date, served: int, refused: int) -> None:
    counts = UsageCounts()
    counts.add(
        UsageDay(person.actor.require_account(ApiScope.READ), day), served=served, refused=refused
    )
    await store_usage(counts)


async def test_who_is_signed_in_sees_the_calls_of_their_account_by_day(browser: Browser) -> None:
    person = await make_reader("ada", TierCode.PRO)
    today = business_now().date()
    await _count(person, today, 40, 3)
    await _count(await make_reader("eve", TierCode.PRO), today, 77, 0)

    page = await browser.become(person).get(PAGE)

    assert _tiles(page) == ["Calls40", "Left960", "Refused3"]
    assert "API planAPI Free" in page.words
    assert len(page.page.find("rect")) == 2
    day = environment("en").filters["date"](today)
    assert f"{day}403" in page.words  # the row of the table
    assert "77" not in page.words
    assert "/account/api-plan" in page.links()
    assert "/account/api-plan?plan=BASIC" in page.links()


async def test_another_month_is_shown_without_what_is_left(browser: Browser) -> None:
    person = await make_reader("ada", TierCode.PRO)
    before = month_of(business_now()).previous()
    await _count(person, before.first_day, 12, 0)

    page = await browser.become(person).get(f"{PAGE}?month={before}")

    assert _tiles(page) == ["Calls12", "Refused0"]
    assert f"{PAGE}?month={before.previous()}#own" in page.links()


@pytest.mark.parametrize("month", ["2999-01", "x", "2026-13"], ids=["later", "no month", "13"])
async def test_a_month_that_cannot_be_is_refused(browser: Browser, month: str) -> None:
    person = await make_reader("ada", TierCode.PRO)

    assert (await browser.become(person).get(f"{PAGE}?month={month}")).status == 422


async def test_who_has_no_access_reads_what_gives_it(browser: Browser) -> None:
    page = await browser.become(await make_reader("ada", TierCode.STARTER)).get(PAGE)

    assert page.status == 200
    assert page.page.find("dl", class_="kv facts")
    assert "Access to the API" in page.words
    assert "No API plan · Choose a plan" in page.words
    assert _tiles(page)[1] == "Left0"
    assert "your plan" not in page.words
    assert "Keys in use0" in page.words


async def test_nobody_else_sees_a_part_of_their_own(browser: Browser) -> None:
    page = await browser.get(f"{PAGE}?month=x")

    assert page.status == 200
    assert 'id="own"' not in page.response.text
