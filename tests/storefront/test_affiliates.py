"""The page of the affiliate programme: what it is, and joining it."""

import pytest

from chenu.core import db
from chenu.core.i18n import LOCALES
from chenu.flows.services import Services
from tests.people import make_person
from tests.rows import count
from tests.storefront.browser import Browser
from tests.storefront.conftest import OpenBrowser
from tests.storefront.test_pages import check_page

PATH, JOIN = "/affiliates", "/affiliates/join"


@pytest.mark.parametrize("locale", LOCALES)
async def test_strangers_read_the_terms_of_the_programme(
    open_browser: OpenBrowser, locale: str
) -> None:
    browser = await open_browser(locale)

    seen = await browser.get(PATH)

    check_page(seen, locale)
    assert not seen.has_form(JOIN)
    assert "/sign-up?next=%2Faffiliates" in seen.links()
    for number in ("10", "30", "50", "90"):
        assert number in seen.words


async def test_a_person_joins_and_sees_the_link(services: Services, browser: Browser) -> None:
    browser.become(await make_person("aline"))
    seen = await browser.get(PATH)

    joined = await browser.follow(await browser.submit(seen, JOIN))
    await browser.submit(seen, JOIN)

    code = await db.fetch_value("SELECT code FROM affiliate")
    assert f"{services.settings.public_url}/?ref={code}" in joined.words
    assert await count("affiliate") == 1
    assert not joined.has_form(JOIN)


async def test_whoever_has_not_verified_the_address_learns_how(
    services: Services, browser: Browser
) -> None:
    browser.become(await make_person("aline"))
    await db.execute("UPDATE app_user SET email_verified_at = NULL")

    refused = await browser.submit(await browser.get(PATH), JOIN)

    assert refused.status == 409
    assert "/account#address" in refused.links()
    assert await count("affiliate") == 0


async def test_a_suspended_affiliate_reads_so(services: Services, browser: Browser) -> None:
    browser.become(await make_person("aline"))
    await browser.submit(await browser.get(PATH), JOIN)
    await db.execute("UPDATE affiliate SET status = 'SUSPENDED'")

    seen = await browser.get(PATH)

    assert "suspendue" in seen.words
    assert "?ref=" not in seen.words
