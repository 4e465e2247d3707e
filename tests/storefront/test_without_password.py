"""Pages for somebody whom a provider signs in: none asks for a password that does not count."""

from datetime import timedelta
from typing import Any

import pytest

from chenu.accounts.actor import AccountRole
from chenu.core.clock import system_now
from chenu.flows.services import Services
from chenu.flows.sso.passwords import require_password_allowed
from chenu.sso.errors import PasswordsOff
from chenu.sso.identities import insert_identity
from chenu.sso.model import ConnectionId, VerifiedIdentity
from chenu.tiers.catalogue import TierCode
from tests.people import Person, make_member, make_person
from tests.rows import count, put
from tests.sso.standing import put_standing
from tests.storefront.browser import Browser

PAGES = ("/account", "/account/privacy", "/account/members", "/account/security")


@pytest.fixture
async def hugo(services: Services) -> Person:
    """Of an account that requires its provider, which signs him in; he has no password."""
    owner = await make_person("elsa", TierCode.ENTERPRISE)
    made: dict[str, Any] = await put_standing(owner, "acme.fr")
    member = await make_member(owner, "hugo", AccountRole.MEMBER)
    identity = VerifiedIdentity("u-1", member.email, "Hugo", ())
    await insert_identity(ConnectionId(made["connection"]), identity, member.user_id)
    await put("app_user", "password_hash", "", "id = $2", member.user_id)
    await put("app_user", "locale", "en", "id = $2", member.user_id)
    return member


async def _grow_old() -> None:
    await put("user_session", "created_at", system_now() - timedelta(minutes=11))


async def test_no_page_asks_for_a_password_that_does_not_count(
    browser: Browser, hugo: Person
) -> None:
    browser.become(hugo)
    required = [await browser.get(path) for path in PAGES]
    await put("sso_connection", "is_required", False)
    free = await browser.get("/account")

    asked = {"current_password", "new_password"}
    assert [seen.status for seen in required] == [200] * len(PAGES)
    assert not [form for seen in required for form in seen.page.forms if form.names() & asked]
    assert not required[-1].has_form("/account/security/begin")
    assert "by its provider, Acme" in required[0].words
    assert "switched passwords off" in required[0].words
    assert "Choose a password" in free.words
    assert not free.has_form("/account/password")


async def test_the_provider_stands_for_the_password_everywhere(
    browser: Browser, hugo: Person
) -> None:
    page = await browser.become(hugo).get("/account/privacy")
    account, word = await browser.get("/account"), {"confirmation": "DELETE"}
    await put("app_user", "password_hash", "old", "id = $2", hugo.user_id)  # it is off as well
    await _grow_old()
    asked = [
        await browser.submit(page, "/account/privacy/export"),
        await browser.post("/account/profile", [*_csrf(account), ("email", "hugo@other.fr")]),
        await browser.submit(page, "/account/privacy/delete", word),
    ]
    nothing = (await count("data_export"), await count("app_user", "email LIKE 'hugo%'"))
    await put("user_session", "confirmed_at", system_now())
    done = await browser.submit(page, "/account/privacy/export")
    gone = await browser.submit(page, "/account/privacy/delete", word)

    assert ["Sign in at Acme" in seen.words for seen in asked] == [True] * len(asked)
    assert nothing == (0, 1)
    assert done.location == "/account/privacy?notice=export-asked"
    assert gone.location == "/?notice=deleted"


def _csrf(seen: Any) -> list[tuple[str, str]]:
    fields = seen.form("/account/profile").fields
    return [pair for pair in fields if pair[0] == "csrf_token"]


async def test_passwords_stay_off_whatever_the_mailbox_is(hugo: Person) -> None:
    await put("app_user", "email", "hugo@elsewhere.fr", "id = $2", hugo.user_id)

    with pytest.raises(PasswordsOff):
        await require_password_allowed(hugo.user_id)
