"""Mailed links: an address is proved by a click, a forgotten password is replaced once."""

import pytest

from chenu.accounts.users import Browser as From
from chenu.accounts.users import find_user_by_email, sign_in
from chenu.core import db
from chenu.flows.services import Services
from tests.accounts.mailed import last_mailed_token
from tests.people import PASSWORD
from tests.storefront.browser import Browser
from tests.storefront.conftest import Fingerprint, OpenBrowser
from tests.storefront.visitors import make_reader, make_unverified

NEW_PASSWORD = "another good one of the tests"


async def is_verified(email: str) -> bool:
    user = await find_user_by_email(email)
    return user is not None and user.email_verified


async def test_an_address_is_proved_by_a_click_not_by_a_visit(browser: Browser) -> None:
    browser.become(await make_unverified("zoe"))
    await browser.submit(await browser.get("/account"), "/account/verify")
    link = f"/email/verify?token={await last_mailed_token('EMAIL_VERIFY')}"

    page = await browser.get(link)
    visited = await is_verified("zoe@example.org")
    seen = await browser.follow(await browser.submit(page, "/email/verify"))

    assert visited is False
    assert "Your address is verified" in seen.words
    assert await is_verified("zoe@example.org")


async def test_a_link_of_a_mail_works_without_being_signed_in(
    browser: Browser, open_browser: OpenBrowser
) -> None:
    browser.become(await make_unverified("zoe"))
    await browser.submit(await browser.get("/account"), "/account/verify")
    phone = await open_browser()
    page = await phone.get(f"/email/verify?token={await last_mailed_token('EMAIL_VERIFY')}")

    seen = await phone.submit(page, "/email/verify")

    assert seen.location == "/sign-in?notice=verified"


async def test_a_changed_address_counts_once_its_link_is_opened(browser: Browser) -> None:
    browser.become(await make_reader("zoe"))
    page = await browser.get("/account")
    form = next(form for form in page.page.forms if "email" in form.names())
    await browser.post(form.action, {**dict(form.fields), "email": "new@example.org"})
    link = f"/email/verify?token={await last_mailed_token('EMAIL_CHANGE_CONFIRM')}"

    await browser.submit(await browser.get(link), "/email/verify")

    assert await find_user_by_email("zoe@example.org") is None
    assert await is_verified("new@example.org")


@pytest.mark.parametrize("token", ["", "nothing", "a" * 300])
async def test_a_link_that_is_not_ours_proves_nothing(
    browser: Browser, services: Services, fingerprint: Fingerprint, token: str
) -> None:
    await make_unverified("zoe")
    before = await fingerprint()
    page = await browser.get(f"/email/verify?token={token}")

    seen = await browser.submit(page, "/email/verify")

    assert seen.status == 422
    assert "used before or has expired" in seen.words
    assert await fingerprint() == before


async def test_a_link_proves_once(browser: Browser) -> None:
    browser.become(await make_unverified("zoe"))
    await browser.submit(await browser.get("/account"), "/account/verify")
    page = await browser.get(f"/email/verify?token={await last_mailed_token('EMAIL_VERIFY')}")

    seen = [await browser.submit(page, "/email/verify") for _ in range(2)]

    assert [each.status for each in seen] == [303, 422]


async def test_links_are_not_sent_without_end(browser: Browser) -> None:
    browser.become(await make_unverified("zoe"))
    page = await browser.get("/account")

    seen = [await browser.submit(page, "/account/verify") for _ in range(6)]

    assert [each.status for each in seen] == [303] * 5 + [429]
    assert int(seen[-1].response.headers["retry-after"]) > 0


async def test_known_and_unknown_addresses_get_the_same_answer(
    browser: Browser, open_browser: OpenBrowser
) -> None:
    await make_reader("zoe")
    page = await browser.get("/password/forgot")

    known = await browser.submit(page, "/password/forgot", {"email": "zoe@example.org"})
    unknown = await browser.submit(page, "/password/forgot", {"email": "who@example.org"})

    same = unknown.words.replace("who@example.org", "zoe@example.org")
    assert (known.status, known.words) == (unknown.status, same)
    assert await db.fetch_value("SELECT count(*) FROM outbox_mail") == 1


@pytest.mark.parametrize("email", ["", "zoe", "zoe@", "@example.org", "a b@example.org"])
async def test_what_is_no_address_is_reported(
    browser: Browser, services: Services, fingerprint: Fingerprint, email: str
) -> None:
    before = await fingerprint()
    page = await browser.get("/password/forgot")

    seen = await browser.submit(page, "/password/forgot", {"email": email})

    assert seen.status == 422
    assert "e-mail address such as" in seen.words
    assert await fingerprint() == before


async def test_a_forgotten_password_is_replaced_and_every_session_ends(
    browser: Browser, open_browser: OpenBrowser
) -> None:
    person = await make_reader("zoe")
    elsewhere = (await open_browser()).become(person)
    page = await browser.get("/password/forgot")
    await browser.submit(page, "/password/forgot", {"email": person.email})
    reset = await browser.get(f"/password/reset?token={await last_mailed_token('PASSWORD_RESET')}")

    seen = await browser.follow(
        await browser.submit(reset, "/password/reset", {"new_password": NEW_PASSWORD})
    )

    assert "Your password is changed" in seen.words
    assert (await elsewhere.get("/account")).status == 303
    session = await sign_in(person.email, NEW_PASSWORD, From())
    assert session.token


async def test_a_refused_password_leaves_the_link_usable(browser: Browser) -> None:
    await make_reader("zoe")
    page = await browser.get("/password/forgot")
    await browser.submit(page, "/password/forgot", {"email": "zoe@example.org"})
    reset = await browser.get(f"/password/reset?token={await last_mailed_token('PASSWORD_RESET')}")

    refused = await browser.submit(reset, "/password/reset", {"new_password": "short"})
    again = await browser.submit(refused, "/password/reset", {"new_password": NEW_PASSWORD})
    used = await browser.submit(reset, "/password/reset", {"new_password": PASSWORD})

    assert refused.status == 422
    assert "at least 8 characters" in refused.words
    assert again.status == 303
    assert used.status == 422
    assert "used before or has expired" in used.words


@pytest.mark.parametrize("token", ["", "nothing"])
async def test_a_page_for_a_dead_link_offers_a_new_one(browser: Browser, token: str) -> None:
    seen = await browser.get(f"/password/reset?token={token}")

    assert seen.status == 422
    assert "/password/forgot" in seen.links()
    assert not seen.has_form("/password/reset")


async def test_a_link_for_one_thing_does_nothing_else(browser: Browser) -> None:
    browser.become(await make_unverified("zoe"))
    await browser.submit(await browser.get("/account"), "/account/verify")
    token = await last_mailed_token("EMAIL_VERIFY")

    seen = await browser.get(f"/password/reset?token={token}")

    assert seen.status == 422
