"""The form of API keys: an expiry, and a new secret for a key that goes on."""

from datetime import timedelta

import pytest

from chenu.core.clock import system_now
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.people import PASSWORD, Person
from tests.rows import put
from tests.storefront.browser import Browser, Seen
from tests.storefront.conftest import Fingerprint
from tests.storefront.visitors import make_reader


@pytest.fixture
async def zoe(services: Services) -> Person:
    return await make_reader("zoe", TierCode.PRO)


@pytest.fixture
async def own(browser: Browser, zoe: Person) -> Browser:
    return browser.become(zoe)


async def make(own: Browser, **typed: str) -> Seen:
    page = await own.get("/account")
    form: dict[str, str | list[str]] = {"name": "script", "scopes": "READ", **typed}
    return await own.submit(page, "/account/api-keys", form)


def secret_on(seen: Seen) -> str:
    [secret] = [code.text for code in seen.page.find("code") if "chenu_live_" in code.text]
    return secret


def rotations_on(page: Seen) -> list[str]:
    return [form.action for form in page.page.forms if form.action.endswith("/rotate")]


async def opens(own: Browser, secret: str) -> bool:
    answer = await own.client.post("/graphql", headers={"authorization": f"Bearer {secret}"})
    return answer.status_code != 401


async def test_a_new_secret_is_shown_once_and_the_old_one_has_a_day(own: Browser) -> None:
    old = secret_on(await make(own))
    account = await own.get("/account")
    [action] = rotations_on(account)

    rotated = await own.submit(account, action)
    later = await own.get("/account")

    new = secret_on(rotated)
    assert "The old secret works until" in rotated.words
    assert "/developers#begin" in rotated.links()
    assert rotated.response.headers["cache-control"] == "no-store"
    assert new not in later.response.text
    assert new[:17] in later.words
    assert "The secret before this one works until" in later.words
    assert [await opens(own, each) for each in (old, new)] == [True, True]
    await put("api_key", "previous_until", system_now())
    assert [await opens(own, each) for each in (old, new)] == [False, True]
    assert "The secret before this one" not in (await own.get("/account")).words


async def test_a_late_rotation_asks_for_the_password_and_goes_on(own: Browser) -> None:
    await make(own)
    account = await own.get("/account")
    [action] = rotations_on(account)
    await put("user_session", "created_at", system_now() - timedelta(minutes=11))

    stopped = await own.submit(account, action)
    rotated = await own.submit(stopped, action, {"again_password": PASSWORD})

    assert stopped.status == 403
    assert await opens(own, secret_on(rotated))


async def test_a_key_works_to_the_end_of_the_day_that_was_chosen(own: Browser) -> None:
    made = await make(own, expires_at="2099-12-31")

    assert "works until 31 Dec 2099, 23:59 UTC" in made.words
    assert "works until 31 Dec 2099, 23:59 UTC" in (await own.get("/account")).words
    await put("api_key", "expires_at", system_now())
    expired = await own.get("/account")
    assert "expired" in expired.words
    assert rotations_on(expired) == []
    assert not await opens(own, secret_on(made))


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("2020-01-01", "must be in the future"),
        ("0001-01-01", "must be in the future"),
        ("soon", "date such as"),
    ],
)
async def test_a_wrong_last_day_is_refused(
    own: Browser, fingerprint: Fingerprint, day: str, words: str
) -> None:
    await own.get("/account")
    before = await fingerprint()

    seen = await make(own, expires_at=day)

    assert seen.status == 422
    assert words in seen.words
    assert await fingerprint() == before


async def test_the_last_day_of_all_is_no_error(own: Browser) -> None:
    made = await make(own, expires_at="9999-12-31")

    assert await opens(own, secret_on(made))
    assert (await own.get("/account")).status == 200


async def test_a_key_that_ended_meanwhile_gets_no_secret(own: Browser) -> None:
    await make(own)
    account = await own.get("/account")
    [action] = rotations_on(account)
    await put("api_key", "revoked_at", system_now())

    seen = await own.submit(account, action)

    assert seen.status == 409
    assert "make a new one" in seen.words
