"""The page of billing details: filled in, refused at the field, saved, and what a register says."""

import pytest

from chenu.flows.services import Services
from tests.people import Person, make_person
from tests.rows import count, put
from tests.storefront.browser import Browser

PAGE = "/account/billing"
TYPED = {
    "name": "Benali SARL",
    "line1": "12 rue de la Paix",
    "line2": "",
    "postal_code": "75002",
    "city": "Paris",
    "country": "FR",
    "tax_id": "FR40303265045",
}


@pytest.fixture
async def person(services: Services, browser: Browser) -> Person:
    person = await make_person("zoe")
    await put("app_user", "locale", "en")
    browser.become(person)
    return person


async def test_details_are_saved_and_shown_again(browser: Browser, person: Person) -> None:
    page = await browser.get(PAGE)

    sent = await browser.submit(page, PAGE, TYPED)
    seen = await browser.get(sent.location)

    assert "Your billing details are saved" in seen.words
    assert TYPED.items() <= dict(seen.form(PAGE).fields).items()
    assert "VAT number FR40303265045 · It is sent to Stripe with your first payment" in seen.words


async def test_a_wrong_number_is_named_at_its_field_and_what_was_typed_stays(
    browser: Browser, person: Person
) -> None:
    page = await browser.get(PAGE)

    seen = await browser.submit(page, PAGE, {**TYPED, "tax_id": "FR40303265046"})

    assert seen.status == 422
    assert "check digits do not match" in seen.words
    assert dict(seen.form(PAGE).fields)["city"] == "Paris"
    assert await count("billing_details") == 0


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("PENDING", "looked up"),
        ("VERIFIED", "knows it"),
        ("UNVERIFIED", "does not know it"),
        ("UNAVAILABLE", "does not answer"),
        ("REFUSED", "did not take it"),
    ],
)
async def test_the_page_says_what_became_of_the_number(
    browser: Browser, person: Person, status: str, words: str
) -> None:
    await browser.submit(await browser.get(PAGE), PAGE, TYPED)
    await put("billing_details", "tax_id_status", status)

    assert words in (await browser.get(PAGE)).words
