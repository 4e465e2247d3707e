"""The account's page: profile, address, password, sessions and API keys."""

import pytest

from chenu.accounts.actor import ApiScope
from chenu.accounts.users import Browser as From
from chenu.accounts.users import find_user_by_email, sign_in
from chenu.core import db
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from storefront.words import SCOPES
from tests.people import PASSWORD, Person
from tests.storefront.browser import Browser, Seen
from tests.storefront.conftest import Fingerprint, OpenBrowser
from tests.storefront.visitors import make_reader

NEW_PASSWORD = "another good one of the tests"


@pytest.fixture
async def zoe(services: Services) -> Person:
    return await make_reader("zoe", TierCode.PRO)


@pytest.fixture
async def own(browser: Browser, zoe: Person) -> Browser:
    return browser.become(zoe)


async def send(browser: Browser, action: str, id_of: str, typed: dict[str, str]) -> Seen:
    """Sends the form of that section: two forms have the same action."""
    page = await browser.get("/account")
    form = next(f for f in page.page.forms if f.action == action and id_of in f.names())
    return await browser.post(action, {**dict(form.fields), **typed})


async def mails(kind: str) -> list[str]:
    """The recipients of all mails."""

    sql = "SELECT string_agg(to_address, ' ' ORDER BY to_address) FROM outbox_mail WHERE kind = $1"
    found = await db.fetch_value(sql, kind)
    return str(found).split() if found else []


async def test_name_and_language_change_at_once(own: Browser) -> None:
    typed = {"display_name": " Zoé N. ", "locale": "fr"}

    seen = await own.follow(await send(own, "/account/profile", "display_name", typed))

    assert "Votre profil est enregistré" in seen.words
    assert "Zoé N." in seen.words
    user = await find_user_by_email("zoe@example.org")
    assert user is not None
    assert (user.display_name, user.locale) == ("Zoé N.", "fr")


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"display_name": ""}, "1 to 80 characters"),
        ({"display_name": "x" * 81}, "1 to 80 characters"),
        ({"display_name": "a\tb"}, "one line of text"),
        ({"locale": "de"}, "one of fr, en"),
        ({"locale": ""}, "one of fr, en"),
    ],
    ids=["no name", "long name", "tab", "unknown language", "no language"],
)
async def test_a_profile_that_cannot_be_is_refused(
    own: Browser, fingerprint: Fingerprint, typed: dict[str, str], words: str
) -> None:
    before = await fingerprint()

    seen = await send(own, "/account/profile", "display_name", typed)

    assert seen.status == 422
    assert words in seen.words
    assert await fingerprint() == before


async def test_a_new_address_is_reported_to_both_and_counts_once_proved(own: Browser) -> None:
    typed = {"email": "Zoe.New@example.org"}

    seen = await own.follow(await send(own, "/account/profile", "email", typed))

    assert "We wrote to both addresses" in seen.words
    assert "zoe@example.org is verified" in seen.words
    assert await mails("EMAIL_CHANGE_CONFIRM") == ["zoe.new@example.org"]
    assert await mails("EMAIL_CHANGE_NOTICE") == ["zoe@example.org"]


async def test_one_s_own_address_is_no_change(own: Browser) -> None:
    seen = await send(own, "/account/profile", "email", {"email": "ZOE@example.org"})

    assert seen.location == "/account?notice=address-same"
    assert await mails("EMAIL_CHANGE_CONFIRM") == []


@pytest.mark.parametrize(
    ("email", "status", "words"),
    [
        ("", 422, "e-mail address such as"),
        ("zoe", 422, "e-mail address such as"),
        ("a@b..org", 422, "e-mail address such as"),
    ],
    ids=["nothing", "no address", "two dots"],
)
async def test_an_address_that_cannot_be_is_refused(
    own: Browser, fingerprint: Fingerprint, email: str, status: int, words: str
) -> None:
    await make_reader("other")
    before = await fingerprint()

    seen = await send(own, "/account/profile", "email", {"email": email})

    assert (seen.status, seen.page.errors()[0].count(words)) == (status, 1)
    assert "#address-email" in seen.links()
    assert await fingerprint() == before


async def test_a_new_password_ends_every_other_session(own: Browser, zoe: Person) -> None:
    await sign_in(zoe.email, PASSWORD, From("another browser", "127.0.0.2"))
    typed = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}

    seen = await own.follow(await send(own, "/account/password", "new_password", typed))

    assert "All other sessions have ended" in seen.words
    live = "SELECT count(*) FROM user_session WHERE revoked_at IS NULL"
    assert await db.fetch_value(live) == 1
    assert await mails("PASSWORD_CHANGED") == [zoe.email]
    session = await sign_in(zoe.email, NEW_PASSWORD, From())
    assert session.token


@pytest.mark.parametrize(
    ("current", "new", "words", "field"),
    [
        ("not this one", NEW_PASSWORD, "current password is wrong", "current_password"),
        ("", NEW_PASSWORD, "current password is wrong", "current_password"),
        (PASSWORD, "short", "at least 8 characters", "new_password"),
        (PASSWORD, "", "at least 8 characters", "new_password"),
        (PASSWORD, "zoe@example.org", "too easy to guess", "new_password"),
        (PASSWORD, "aaaaaaaaaa", "too easy to guess", "new_password"),
    ],
)
async def test_a_password_is_changed_by_its_owner_to_a_good_one(
    own: Browser, fingerprint: Fingerprint, current: str, new: str, words: str, field: str
) -> None:
    before = await fingerprint()

    typed = {"current_password": current, "new_password": new}
    seen = await send(own, "/account/password", "new_password", typed)

    assert seen.status == 422
    assert words in seen.words
    assert f"#password-{field}" in seen.links()
    assert current == "" or current not in seen.response.text
    assert await fingerprint() == before


async def test_sessions_are_listed_and_ended_one_by_one_or_all(own: Browser, zoe: Person) -> None:
    for number in range(2):
        await sign_in(zoe.email, PASSWORD, From(f"Firefox/{number} Linux", "127.0.0.9"))
    page = await own.get("/account")
    ends = [form.action for form in page.page.forms if form.action.endswith("/revoke")]

    one = await own.follow(await own.submit(page, ends[0]))
    rest = await own.follow(await own.submit(one, "/account/sessions/revoke-others"))

    assert len(ends) == 2
    assert page.words.count("Firefox · Linux") >= 2
    assert "The session has ended" in one.words
    assert "All other sessions have ended" in rest.words
    assert await db.fetch_value("SELECT count(*) FROM user_session WHERE revoked_at IS NULL") == 1


async def test_an_ended_session_opens_nothing(
    own: Browser, zoe: Person, open_browser: OpenBrowser
) -> None:
    page = await own.get("/account")
    twin = (await open_browser()).become(zoe)

    await own.submit(page, "/sign-out")

    assert (await twin.get("/account")).status == 303


async def test_a_key_is_shown_once_and_never_again(own: Browser) -> None:
    page = await own.get("/account")
    typed: dict[str, str | list[str]] = {"name": "script", "scopes": ["READ", "MARKETPLACE"]}

    made = await own.submit(page, "/account/api-keys", typed)
    later = await own.get("/account")

    [secret] = [code.text for code in made.page.find("code") if "chenu_live_" in code.text]
    assert made.response.headers["cache-control"] == "no-store"
    assert secret not in later.response.text
    assert secret[:17] in later.words
    assert "MARKETPLACE, READ" in later.words
    answer = await own.client.post("/graphql", headers={"authorization": f"Bearer {secret}"})
    assert answer.status_code != 401


async def test_a_key_may_be_made_for_stored_operations_only(own: Browser) -> None:
    page = await own.get("/account")
    typed = {"name": "script", "scopes": "READ", "documents_only": "on"}

    made = await own.submit(page, "/account/api-keys", typed)
    later = await own.get("/account")

    [secret] = [code.text for code in made.page.find("code") if "chenu_live_" in code.text]
    body = {"query": "{ tiers { code } }"}
    key = {"authorization": f"Bearer {secret}"}
    answer = await own.client.post("/graphql", json=body, headers=key)
    assert answer.json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert "READ · stored operations only" in later.words


async def test_a_refused_key_form_keeps_its_tick(own: Browser) -> None:
    page = await own.get("/account")

    seen = await own.submit(page, "/account/api-keys", {"name": "", "documents_only": "on"})

    assert seen.status == 422
    assert ("documents_only", "on") in seen.form("/account/api-keys").fields


async def test_a_revoked_key_stays_in_the_list_and_stops_working(own: Browser) -> None:
    page = await own.get("/account")
    made = await own.submit(page, "/account/api-keys", {"name": "script", "scopes": "READ"})
    [secret] = [code.text for code in made.page.find("code") if "chenu_live_" in code.text]
    account = await own.get("/account")
    [revoke] = [form.action for form in account.page.forms if form.action.endswith("/revoke")]

    after = await own.follow(await own.submit(account, revoke))

    assert "The key no longer works" in after.words
    assert "revoked" in after.words
    answer = await own.client.get("/pricing", headers={"authorization": f"Bearer {secret}"})
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"name": "", "scopes": "READ"}, "1 to 80 characters"),
        ({"name": "x" * 81, "scopes": "READ"}, "1 to 80 characters"),
        ({"name": "script"}, "at least one scope"),
        ({"name": "script", "scopes": "ADMIN"}, "choose from the list"),
        ({"name": "script", "scopes": "read"}, "choose from the list"),
    ],
    ids=["no name", "long name", "no scope", "made-up scope", "small letters"],
)
async def test_a_key_that_cannot_be_is_refused(
    own: Browser, fingerprint: Fingerprint, typed: dict[str, str], words: str
) -> None:
    page = await own.get("/account")
    token = dict(page.form("/sign-out").fields)
    before = await fingerprint()

    seen = await own.post("/account/api-keys", {**token, **typed})

    assert seen.status == 422
    assert words in seen.words
    assert await fingerprint() == before


@pytest.mark.parametrize("tier", [TierCode.FREE, TierCode.STARTER])
async def test_keys_need_a_plan_that_has_them(
    browser: Browser, services: Services, fingerprint: Fingerprint, tier: TierCode
) -> None:
    browser.become(await make_reader("ann", tier))
    page = await browser.get("/account")
    token = dict(page.form("/sign-out").fields)
    before = await fingerprint()

    seen = await browser.post("/account/api-keys", {**token, "name": "k", "scopes": "READ"})

    assert not page.has_form("/account/api-keys")
    assert seen.status == 402
    assert "need the Pro plan" in seen.words
    assert "/pricing" in seen.links()
    assert await fingerprint() == before


def test_every_scope_has_its_words() -> None:
    assert set(SCOPES) == set(ApiScope)
