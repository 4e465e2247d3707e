"""The page that asks a creator for legal name and tax number."""

import pytest

from chenu.flows.services import Services
from tests.storefront.browser import Browser
from tests.storefront.conftest import Fingerprint
from tests.storefront.visitors import make_reader, make_seller

PAGE = "/creator/legal"
TYPED = {
    "legal_name": "Atelier Nord <b>SARL</b>",
    "line1": "12 rue de la Paix",
    "postal_code": "75002",
    "city": "Paris",
    "country": "fr",
    "vat_number": "FR 12 000 000 000",
    "agrees": "on",
}


@pytest.fixture
async def desk(services: Services, browser: Browser) -> Browser:
    return browser.become(await make_seller(services, "maker"))


async def test_who_has_joined_is_asked_and_may_do_it_later(browser: Browser) -> None:
    browser.become(await make_reader("maker"))
    typed = {"handle": "nord", "display_name": "Nord", "bio": "", "country": "de"}

    asked = await browser.follow(
        await browser.submit(await browser.open("/creator"), "/creator/join", typed)
    )

    assert asked.has_form(PAGE)
    assert dict(asked.form(PAGE).fields)["country"] == "de"
    assert {"/creator", "/creator/onboarding"} <= set(asked.links())


async def test_what_was_saved_is_there_to_be_changed(desk: Browser) -> None:
    waiting = await desk.get("/creator/earnings")
    page = await desk.get(PAGE)

    saved = await desk.follow(await desk.submit(page, PAGE, TYPED))
    again = dict((await desk.get(PAGE)).form(PAGE).fields)

    assert "Your monthly statements wait" in waiting.words
    assert "Your legal details are saved" in saved.words
    assert "Your monthly statements wait" not in saved.words
    assert again["legal_name"] == TYPED["legal_name"]
    assert (again["vat_number"], again["country"]) == ("FR12000000000", "fr")


async def test_what_is_wrong_stands_beside_its_field_with_all_that_was_typed(
    desk: Browser, fingerprint: Fingerprint
) -> None:
    page = await desk.get(PAGE)
    before = await fingerprint()

    seen = await desk.submit(page, PAGE, {**TYPED, "vat_number": "FR13000000000", "city": ""})

    assert seen.status == 422
    assert "its check digits do not match" in seen.words
    assert {"#legal-vat_number", "#legal-city"} <= set(seen.links())
    assert dict(seen.form(PAGE).fields)["legal_name"] == TYPED["legal_name"]
    assert await fingerprint() == before


async def test_nobody_else_is_asked(browser: Browser) -> None:
    browser.become(await make_reader("reader"))

    assert (await browser.get(PAGE)).location == "/creator/join"
