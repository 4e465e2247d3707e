"""The tour of the README, step by step, by somebody who has never been here."""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.browser.visitor import MARKS, Visitor

pytestmark = MARKS

README = Path(__file__).parents[2] / "README.md"
_STEP = re.compile(r"^(\d+)\. (.+)$", re.MULTILINE)
_PLACE = re.compile(r"`(/[a-z/]*)`")
CARD = "4242 4242 4242 4242"


def _read_tour() -> list[str]:
    text = README.read_text().partition("### A tour in eleven steps")[2].partition("\n|")[0]
    return [step for _, step in _STEP.findall(text)]


async def _look(visitor: Visitor, *places: str) -> None:
    """Each of these pages opens."""
    for place in places:
        assert (place, await visitor.go(place)) == (place, 200)
        assert await visitor.heading()


async def _browse(visitor: Visitor) -> None:
    await _look(visitor, "/agents")
    await visitor.page.fill("#search-q", "factures")
    await visitor.page.wait_for_url("**q=factures*")
    await visitor.press("#found a[href^='/agents/']")
    await visitor.page.wait_for_url(re.compile("/agents/[a-z-]+$"))
    assert await visitor.page.locator("#buy").count() == 1


async def _compare(visitor: Visitor) -> None:
    await _look(visitor, "/pricing", "/developers")


async def _buy(visitor: Visitor) -> None:
    await visitor.sign_in("pro")
    slug = await _find_for_sale(visitor)
    await visitor.order(slug)
    await visitor.pay(CARD)
    await visitor.page.wait_for_url("**/purchases/**")
    await visitor.page.wait_for_selector(".state-paid")
    await _look(visitor, "/library")
    assert await visitor.page.locator(f"main a[href='/agents/{slug}']").count()


async def _find_for_sale(visitor: Visitor) -> str:
    """With a price, and not in the library yet."""
    await visitor.go("/agents?price=ONE_TIME&sort=PRICE_ASC")
    links = visitor.page.locator("#found a[href^='/agents/']")
    for place in await links.evaluate_all("all => all.map(each => each.getAttribute('href'))"):
        await visitor.go(place)
        if await visitor.page.locator("[name=accept_immediate_supply]").count():
            return str(place).rpartition("/")[2]
    raise AssertionError("nothing is left to buy")


async def _read_mail(visitor: Visitor) -> None:
    await _look(visitor, "/demo/mail")
    assert "pro@demo.chenu.example" in await visitor.page.inner_text("body")


async def _see_tokens(visitor: Visitor) -> None:
    await _look(visitor, "/tokens", "/tokens/statement")


async def _see_roi(visitor: Visitor) -> None:
    await _look(visitor, "/roi/how", "/roi")
    assert await visitor.page.locator("#roi-value").count() == 1


async def _see_earnings(visitor: Visitor) -> None:
    await visitor.sign_out()
    await visitor.sign_in("creator")
    await _look(visitor, "/creator", "/creator/earnings")
    await visitor.sign_out()
    await visitor.sign_in("staff")
    await _look(visitor, "/staff")


async def _see_commissions(visitor: Visitor) -> None:
    await visitor.sign_out()
    await visitor.sign_in("affiliate")
    await _look(visitor, "/affiliate")
    assert "/?ref=CHENU" in await visitor.page.inner_html("main")


async def _see_revenue(visitor: Visitor) -> None:
    await visitor.sign_out()
    await visitor.sign_in("staff")
    await _look(visitor, "/staff/revenue/rows/mrr", "/staff/revenue/costs", "/staff/revenue")
    await visitor.press(".switch a[href*='months=3']")
    await visitor.page.wait_for_url("**months=3*")
    assert await visitor.page.locator(".line-chart").count() == 2
    assert await visitor.page.locator(".targets").count() == 2


async def _see_books(visitor: Visitor) -> None:
    await _look(visitor, "/staff/books", "/staff/audit")


async def _see_enterprise(visitor: Visitor) -> None:
    await visitor.sign_out()
    await visitor.sign_in("enterprise")
    await _look(visitor, "/account/brand", "/account/sign-in", "/account/sla", "/status")


STEPS: tuple[Callable[[Visitor], Awaitable[None]], ...] = (
    _browse,
    _compare,
    _buy,
    _read_mail,
    _see_tokens,
    _see_roi,
    _see_earnings,
    _see_commissions,
    _see_revenue,
    _see_books,
    _see_enterprise,
)


async def test_the_tour_of_the_readme_can_be_followed(visitor: Visitor) -> None:
    visited: set[str] = set()
    visitor.page.on("framenavigated", lambda frame: visited.add(frame.url))
    tour = _read_tour()
    assert len(tour) == len(STEPS) == 11

    for number, (words, follow) in enumerate(zip(tour, STEPS, strict=True), start=1):
        visited.clear()
        await follow(visitor)
        seen = {url.removeprefix(visitor.demo.url).partition("?")[0] for url in visited}
        missed = set(_PLACE.findall(words)) - seen
        assert (number, missed) == (number, set())
