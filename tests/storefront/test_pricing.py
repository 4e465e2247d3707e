"""The page of plans: prices by month and year, the matrix of features, the actions."""

import re

import pytest

from chenu.accounts.actor import Actor, ActorKind
from chenu.billing.recurring import BillingInterval
from chenu.core.i18n import LOCALES
from chenu.tiers.catalogue import GIGABYTE, TIERS, Feature, FeatureGrant, TierCode
from storefront.plan_offers import PlanActionKind, list_plan_offers
from tests.storefront.browser import Browser, Seen
from tests.storefront.conftest import OpenBrowser
from tests.storefront.visitors import make_reader

_ANSWERS = {
    "en": {"Included": True, "Not included": False, "Unlimited": True},
    "fr": {"Inclus": True, "Non inclus": False, "Sans limite": True},
}
_UNITS = {
    "en": {
        Feature.SPHERES: "spheres",
        Feature.THREADS: "threads",
        Feature.AGENTS: "agents",
        Feature.STORAGE_BYTES: "GB",
        Feature.TOKENS: "a month",
    },
    "fr": {
        Feature.SPHERES: "sphères",
        Feature.THREADS: "fils",
        Feature.AGENTS: "agents",
        Feature.STORAGE_BYTES: "Go",
        Feature.TOKENS: "par mois",
    },
}


def _words(text: str) -> str:
    """With white space collapsed, and without the marks that screen readers skip."""
    return " ".join(text.replace("✓", "").replace("–", "").split())


def _matrix(seen: Seen) -> dict[Feature, list[str]]:
    """The text of each feature's five cells."""
    rows: dict[Feature, list[str]] = {}
    current: list[str] = []
    for element in seen.page.elements:
        if element.tag == "tr":
            current = []
            name = element.attributes.get("id", "").removeprefix("feature-")
            if name:
                rows[Feature(name.replace("-", "_").upper())] = current
        elif element.tag == "td":
            current.append(_words(element.text))
    return rows


def _read_cell(feature: Feature, text: str, locale: str) -> FeatureGrant:
    """What a reader understands from a cell."""
    if text in _ANSWERS[locale]:
        return FeatureGrant(feature, _ANSWERS[locale][text])
    match = re.fullmatch(r"([\d, ]+) (\D+)", text)
    assert match is not None, text
    assert match[2] == _UNITS[locale][feature]
    count = int(re.sub(r"\D", "", match[1]))
    return FeatureGrant(feature, True, count * (GIGABYTE if match[2] in ("GB", "Go") else 1))


def _cards(seen: Seen) -> dict[TierCode, str]:
    items = [item for item in seen.page.find("li") if "tier" in item.attributes.get("class", "")]
    return {tier.code: " ".join(item.text.split()) for tier, item in zip(TIERS, items, strict=True)}


def _link_of(seen: Seen, words: str) -> str:
    [link] = [link for link in seen.page.find("a") if _words(link.text) == words]
    return link.attributes["href"]


@pytest.mark.parametrize("locale", LOCALES)
async def test_the_matrix_equals_the_catalogue(open_browser: OpenBrowser, locale: str) -> None:
    seen = await (await open_browser(locale)).get("/pricing")

    shown = {
        (feature, tier.code): _read_cell(feature, text, locale)
        for feature, cells in _matrix(seen).items()
        for tier, text in zip(TIERS, cells, strict=True)
    }

    assert shown == {
        (feature, tier.code): tier.grant(feature) for feature in Feature for tier in TIERS
    }


@pytest.mark.parametrize(
    ("feature", "cells"),
    [
        (Feature.THREADS, ["5 threads", "50 threads", "500 threads", "Unlimited", "Unlimited"]),
        (Feature.STORAGE_BYTES, ["1 GB", "10 GB", "50 GB", "500 GB", "Unlimited"]),
        (
            Feature.TOKENS,
            ["500 a month", "5,000 a month", "25,000 a month", "100,000 a month", "Unlimited"],
        ),
        (Feature.MARKETPLACE, ["Not included", *["Included"] * 4]),
    ],
    ids=str,
)
async def test_the_matrix_in_words(browser: Browser, feature: Feature, cells: list[str]) -> None:
    seen = await browser.get("/pricing")

    assert _matrix(seen)[feature] == cells


@pytest.mark.parametrize(
    ("locale", "query", "prices", "savings"),
    [
        (
            "en",
            "",
            ["€0.00 a month", "€9.00 a month", "€29.00 a month", "€99.00 a month"],
            ["or €90.00 a year€18.00", "or €290.00 a year€58.00", "or €990.00 a year€198.00"],
        ),
        (
            "en",
            "?interval=YEAR",
            ["€0.00 a year", "€90.00 a year", "€290.00 a year", "€990.00 a year"],
            ["€18.00", "€58.00", "€198.00"],
        ),
        (
            "fr",
            "?interval=YEAR",
            ["0,00 € par an", "90,00 € par an", "290,00 € par an", "990,00 € par an"],
            ["18,00 €", "58,00 €", "198,00 €"],
        ),
    ],
    ids=["en month", "en year", "fr year"],
)
async def test_the_saving_of_a_year_is_named_to_the_cent(
    open_browser: OpenBrowser, locale: str, query: str, prices: list[str], savings: list[str]
) -> None:
    seen = await (await open_browser(locale)).get(f"/pricing{query}")

    cards = list(_cards(seen).values())
    less = "less than twelve months" if locale == "en" else "de moins que douze mois"
    for card, price in zip(cards[:4], prices, strict=True):
        assert price in card
    for card, saving in zip(cards[1:4], savings, strict=True):
        assert f"{saving} {less}" in card
    assert less not in cards[0]
    assert ("On request" if locale == "en" else "Sur demande") in cards[4]


def test_a_year_costs_ten_months_or_is_on_request() -> None:
    savings = {tier.code: tier.yearly_saving for tier in TIERS}

    assert savings == {
        TierCode.FREE: 0,
        TierCode.STARTER: 1800,
        TierCode.PRO: 5800,
        TierCode.BUSINESS: 19800,
        TierCode.ENTERPRISE: None,
    }


async def test_the_url_holds_the_interval(browser: Browser) -> None:
    month = await browser.get("/pricing")
    year = await browser.get(_link_of(month, "By the year"))
    back = await browser.get(_link_of(year, "By the month"))

    chosen = [
        _words(link.text)
        for seen in (month, year, back)
        for link in seen.page.find("a", aria_current="true")
    ]
    assert chosen == ["By the month", "By the year", "By the month"]
    assert _cards(back) == _cards(month)


async def test_another_language_shows_the_same_interval(browser: Browser) -> None:
    page = await browser.get("/pricing?interval=YEAR")

    french = await browser.follow(await browser.submit(page, "/language", button="locale=fr"))

    assert "290,00 € par an" in _cards(french)[TierCode.PRO]


@pytest.mark.parametrize("interval", ["year", "WEEK", "MONTH;YEAR", "0"])
async def test_an_unknown_interval_is_refused_and_months_are_shown(
    browser: Browser, interval: str
) -> None:
    seen = await browser.get(f"/pricing?interval={interval}")

    assert seen.status == 422
    assert seen.page.errors() == ["Prices are for a month or a year: the interval is MONTH or YEAR"]
    assert "€29.00 a month" in _cards(seen)[TierCode.PRO]
    assert "#pricing-interval" in seen.links()


async def test_a_stranger_may_create_an_account_and_ask(browser: Browser) -> None:
    seen = await browser.get("/pricing")

    cards = _cards(seen)
    assert "Create an account" in cards[TierCode.FREE]
    assert _link_of(seen, "Create an account") == "/sign-up"
    assert _link_of(seen, "Contact us") == "/enterprise"
    assert not [card for card in cards.values() if "Your plan" in card]
    assert "your plan" not in seen.words.partition("What each plan holds")[2][:200]


@pytest.mark.parametrize("tier", [TierCode.FREE, TierCode.STARTER, TierCode.BUSINESS])
async def test_the_current_plan_is_marked_in_cards_and_matrix(
    browser: Browser, tier: TierCode
) -> None:
    browser.become(await make_reader("zoe", tier))

    seen = await browser.get("/pricing")

    assert [code for code, card in _cards(seen).items() if "Your plan" in card] == [tier]
    heads = [_words(head.text) for head in seen.page.find("th", scope="col")]
    assert [head for head in heads if "your plan" in head] == [f"{tier.title()} your plan"]
    assert _link_of(seen, "Contact us") == "/enterprise"
    assert "Create an account" not in seen.words


async def test_a_customer_with_a_contract_need_not_ask_for_one(browser: Browser) -> None:
    browser.become(await make_reader("zoe", TierCode.ENTERPRISE))

    seen = await browser.get("/pricing")

    assert "Your plan" in _cards(seen)[TierCode.ENTERPRISE]
    assert "Contact us" not in seen.words


async def test_pro_is_marked_for_power_users_and_stands_beside_business(browser: Browser) -> None:
    seen = await browser.get("/pricing")

    marked = [li for li in seen.page.find("li") if "is-marked" in li.attributes.get("class", "")]
    assert len(marked) == 1
    assert _words(marked[0].text).startswith("Pro For power users")
    codes = list(_cards(seen))
    assert codes.index(TierCode.BUSINESS) == codes.index(TierCode.PRO) + 1


async def test_the_questions_are_answered(browser: Browser) -> None:
    seen = await browser.get("/pricing")

    answers = seen.words.partition("How does the trial work?")[2]
    for words in (
        "14 days, once per person, without a card",
        "your account is on Free again",
        "start another one when its period is over",
        "Nothing is deleted",
        "until then you can resume it",
        "Within 14 days of the first payment",
        "Each payment has its invoice",
    ):
        assert words in answers


def test_a_key_is_offered_nothing() -> None:
    caller = Actor(ActorKind.API_KEY, tier=TierCode.PRO)

    offers = list_plan_offers(caller, BillingInterval.YEAR)

    kinds = [offer.action.kind for offer in offers]
    assert kinds == [*[PlanActionKind.NONE] * 4, PlanActionKind.CONTACT]


@pytest.mark.parametrize("interval", BillingInterval)
async def test_whoever_is_on_free_is_led_to_the_plan_that_they_chose(
    browser: Browser, interval: BillingInterval
) -> None:
    browser.become(await make_reader("zoe", TierCode.FREE))

    seen = await browser.get(f"/pricing?interval={interval}")

    links = [a.attributes["href"] for a in seen.page.find("a") if _words(a.text) == "Start"]
    assert links == [
        f"/account/plan?tier={tier}&interval={interval}" for tier in ("STARTER", "PRO", "BUSINESS")
    ]


async def test_a_visitor_begins_with_an_account_and_the_plan_on_one_form(browser: Browser) -> None:
    seen = await browser.get("/pricing")

    links = [a.attributes["href"] for a in seen.page.find("a") if _words(a.text) == "Start"]
    assert len(links) == 3
    assert links[0] == "/sign-up?tier=STARTER&interval=MONTH"
