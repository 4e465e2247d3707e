"""Pages of single sign-on without JavaScript: an owner sets it up, and people sign in by it."""

import re
from datetime import timedelta

import pytest
from msgspec.structs import replace

from chenu.accounts.actor import AccountRole, Staff
from chenu.core import db
from chenu.core.clock import system_now
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.accounts.mailed import mailed_token
from tests.branding.branded import make_branded
from tests.domains.resolvers import Records
from tests.people import PASSWORD, Person, make_member, make_person
from tests.rows import count, mails_to, put
from tests.sso.provider_side import CLIENT, ISSUER, SECRET, ProviderSide
from tests.sso.standing import put_standing
from tests.storefront.browser import Browser, Seen
from tests.storefront.conftest import OpenBrowser

HOME = "/account/sign-in"


@pytest.fixture
def side(services: Services, monkeypatch: pytest.MonkeyPatch) -> ProviderSide:
    found = ProviderSide()
    monkeypatch.setattr(services.providers, "http", found)
    services.providers._keys.clear()
    services.providers._metadata.clear()
    return found


@pytest.fixture
def records(services: Services, monkeypatch: pytest.MonkeyPatch) -> Records:
    found = Records()
    monkeypatch.setattr(type(services.resolver), "list_texts", found.list_texts)
    return found


async def make_owner() -> Person:
    owner = await make_person("elsa", TierCode.ENTERPRISE)
    await db.execute("UPDATE app_user SET email = 'elsa@acme.fr' WHERE id = $1", owner.user_id)
    return replace(owner, email="elsa@acme.fr")


async def set_up(owner: Browser, records: Records) -> str:
    """From an empty page to a connection that is there; returns the address of its page."""
    await owner.submit(await owner.get(HOME), f"{HOME}/domains", {"name": "acme.fr"})
    domain = await db.fetch_value("SELECT id FROM domain_name")
    missing = await owner.submit(await owner.get(HOME), f"{HOME}/domains/{domain}/prove")
    assert missing.status in (409, 422)
    assert "_chenu.acme.fr" in missing.words
    token = await db.fetch_value("SELECT token FROM domain_name")
    records.texts["_chenu.acme.fr"] = [f"chenu-verification={token}"]
    await owner.submit(await owner.get(HOME), f"{HOME}/domains/{domain}/prove")
    typed = {"name": "Acme", "issuer": ISSUER, "client_id": CLIENT, "client_secret": SECRET}
    typed |= {"role_claim": "groups", "roles": "accounting = billing"}
    sent = await owner.submit(await owner.get(HOME), f"{HOME}/connections", typed)
    assert sent.status == 303
    return sent.location.partition("?")[0]


async def come_back(browser: Browser, side: ProviderSide, sent: Seen) -> Seen:
    answered = side.visit(sent.location)
    callback = sent.location.partition("redirect_uri=")[2].partition("%2Fcallback")[0]
    connection = callback.rpartition("%2F")[2]
    path = f"/sign-in/provider/{connection}/callback"
    return await browser.get(f"{path}?state={answered.state}&code={answered.code}")


async def test_an_owner_sets_a_provider_up_tries_it_and_people_come_by_it(
    open_browser: OpenBrowser, services: Services, side: ProviderSide, records: Records
) -> None:
    owner = (await open_browser()).become(await make_owner())
    page = await set_up(owner, records)
    side.claims = {"sub": "boss", "email": "elsa@acme.fr"}
    tried = await come_back(owner, side, await owner.get(f"{page}/try"))
    assert "connection-tried" in tried.location
    await owner.submit(await owner.get(page), f"{page}/on")
    assert await count("sso_identity") == 1  # the owner's own, whose mailbox it is

    side.claims = {"groups": ["accounting"]}
    visitor = await open_browser()
    begun = await visitor.get("/sign-in?next=/tokens")
    on_the_way = await visitor.submit(begun, "/sign-in", {"email": "Hugo@ACME.fr"})
    assert on_the_way.status == 200
    [way] = [link for link in on_the_way.links() if link.startswith("/sign-in/provider/")]
    entered = await come_back(visitor, side, await visitor.get(way))

    assert (entered.status, entered.location) == (303, "/tokens")
    assert "Elsa" in (await visitor.get("/account/members")).words
    assert await count("membership", "role = 'BILLING'") == 1


async def test_the_provider_has_to_know_the_address_on_each_host(
    browser: Browser, services: Services
) -> None:
    acme = await make_branded()
    connection = (await put_standing(acme.owner, "acme.fr"))["connection"]

    page = await browser.become(acme.owner).get(f"{HOME}/connections/{connection}")

    callback = f"/sign-in/provider/{connection}/callback"
    assert services.url(callback) in page.words
    assert f"{acme.origin}{callback}" in page.words


async def test_the_owner_makes_replaces_and_revokes_the_token_of_a_directory(
    open_browser: OpenBrowser, side: ProviderSide, records: Records
) -> None:
    browser = await open_browser()
    owner = browser.become(await make_owner())
    page = await set_up(owner, records)

    async def make() -> str:
        shown = await owner.submit(await owner.get(page), f"{page}/token")
        assert shown.status == 200
        return str(re.findall(r"chenu_scim_\w{43}", shown.response.text)[0])

    async def ask(token: str) -> int:
        headers = {"authorization": f"Bearer {token}"}
        return (await owner.client.get("/scim/v2/Users", headers=headers)).status_code

    first = await make()
    second = await make()
    seen = await owner.get(page)

    assert (await ask(first), await ask(second)) == (401, 200)
    assert second not in seen.response.text
    assert "/scim/v2" in seen.words
    assert second[:12] in seen.words
    assert "jamais utilisé" in seen.words
    assert "dernière utilisation" in (await owner.get(page)).words
    ended = await owner.submit(seen, f"{page}/token/revoke")
    assert "Le jeton est révoqué" in (await owner.follow(ended)).words
    assert await ask(second) == 401
    await put("user_session", "created_at", system_now() - timedelta(hours=1))
    stale = await owner.submit(await owner.get(page), f"{page}/token")
    assert (stale.status, stale.has_form(f"{page}/token")) == (403, True)
    await db.execute("UPDATE account SET tier = 'BUSINESS'")
    refused = await owner.post(f"{page}/token", dict(seen.form(f"{page}/token").fields))
    assert refused.status == 402
    assert not (await owner.get(page)).has_form(f"{page}/token")
    assert await count("audit_event", "action LIKE 'scim_token.%'") == 3


async def test_the_page_says_who_would_lose_their_way_before_a_connection_is_removed(
    open_browser: OpenBrowser, services: Services, side: ProviderSide, records: Records
) -> None:
    owner = (await open_browser()).become(await make_owner())
    page = await set_up(owner, records)
    await db.execute("UPDATE sso_connection SET state = 'ON'")
    visitor = await open_browser()
    way = f"/sign-in/provider/{page.rpartition('/')[2]}"
    await come_back(visitor, side, await visitor.get(way))
    free = await owner.get(page)
    await db.execute("UPDATE sso_connection SET is_required = true")

    required = await owner.get(page)
    refused = await owner.post(f"{page}/remove", dict(free.form(f"{page}/remove").fields))
    await owner.submit(required, f"{page}/optional")
    removed = await owner.submit(await owner.get(page), f"{page}/remove")

    assert "1 personne se connecte par ce fournisseur" in free.words
    assert "1 d’entre elles n’a pas de mot de passe" in free.words
    assert not required.has_form(f"{page}/remove")
    assert refused.status == 409
    assert "autorisez de nouveau les mots de passe" in refused.words
    assert "connection-removed" in removed.location
    assert await count("membership", "role = 'MEMBER'") == 1


async def test_the_page_of_sign_in_is_the_same_for_whoever_has_an_account_and_who_has_none(
    open_browser: OpenBrowser, services: Services, side: ProviderSide, records: Records
) -> None:
    owner = (await open_browser()).become(person := await make_owner())
    page = await set_up(owner, records)
    await make_member(person, "hugo", AccountRole.MEMBER)
    await db.execute("UPDATE app_user SET email = 'hugo@acme.fr' WHERE display_name = 'Hugo'")
    await db.execute("UPDATE sso_connection SET state = 'ON', is_required = true")
    visitor = await open_browser()

    async def answer(email: str, password: str) -> tuple[int, str]:
        begun = await visitor.get("/sign-in")
        found = await visitor.submit(begun, "/sign-in", {"email": email, "password": password})
        return found.status, found.words.replace(email, "")

    assert await answer("hugo@acme.fr", "") == await answer("nobody@acme.fr", "")
    assert await answer("hugo@acme.fr", "wrong") == await answer("nobody@acme.fr", "wrong")
    assert await answer("zoe@example.org", "") == await answer("nobody@example.org", "")
    status, words = await answer("hugo@acme.fr", PASSWORD)
    assert (status, "On to your provider" in words) == (200, True)
    assert await count("user_session", "user_agent = ''") == 0
    assert (await owner.get(page)).status == 200


async def test_a_refusal_shows_its_code_and_the_way_back(
    open_browser: OpenBrowser, services: Services, side: ProviderSide, records: Records
) -> None:
    owner = (await open_browser()).become(await make_owner())
    page = await set_up(owner, records)
    side.claims = {"email_verified": False}

    refused = await come_back(owner, side, await owner.get(f"{page}/try"))

    assert "EMAIL_UNVERIFIED" in refused.words
    assert "/account" in refused.links()
    assert await count("audit_event", "detail->>'code' = 'EMAIL_UNVERIFIED'") == 1


async def test_who_has_been_here_before_confirms_by_mail_and_password(
    open_browser: OpenBrowser, services: Services, side: ProviderSide, records: Records
) -> None:
    owner = (await open_browser()).become(await make_owner())
    page = await set_up(owner, records)
    await db.execute("UPDATE sso_connection SET state = 'ON'")
    await make_person("hugo")
    await db.execute("UPDATE app_user SET email = 'hugo@acme.fr' WHERE display_name = 'Hugo'")
    visitor = await open_browser()
    sent = await visitor.get(f"/sign-in/provider/{page.rpartition('/')[2]}")

    mailed = await come_back(visitor, side, sent)

    assert "hugo@acme.fr" in mailed.words
    assert await mails_to("hugo@acme.fr") == ["SSO_JOIN"]
    link = await visitor.get(f"/sign-in/join?token={await mailed_token('hugo@acme.fr')}")
    wrong = await visitor.submit(link, "/sign-in/join", {"password": "not mine"})
    assert "The current password is wrong" in wrong.words
    joined = await visitor.submit(wrong, "/sign-in/join", {"password": PASSWORD})
    assert joined.status == 303
    assert "Elsa" in (await visitor.get("/account/members")).words


async def test_the_support_desk_confirms_a_name_for_a_reason(
    open_browser: OpenBrowser, services: Services
) -> None:
    owner = await make_owner()
    browser = (await open_browser()).become(owner)
    await browser.submit(await browser.get(HOME), f"{HOME}/domains", {"name": "acme.fr"})
    support = await make_person("sam", staff=(Staff.SUPPORT,))
    desk = (await open_browser()).become(support)
    path = f"/staff/customers/{owner.actor.account_id}/names"

    refused = await desk.submit(await desk.get(path), path, {"reason": " "})
    done = await desk.submit(await desk.get(path), path, {"reason": "The registry's extract."})

    assert (refused.status, done.status) == (422, 303)
    assert "The registry's extract." in (await desk.get(path)).words
    assert await count("domain_name", "source = 'STAFF'") == 1


async def test_who_has_no_password_signs_in_again_at_their_provider_and_loses_nothing(
    open_browser: OpenBrowser, side: ProviderSide, records: Records
) -> None:
    owner = (await open_browser()).become(await make_owner())
    page = await set_up(owner, records)
    await db.execute("UPDATE sso_connection SET state = 'ON'")
    visitor = await open_browser()
    way = f"/sign-in/provider/{page.rpartition('/')[2]}"
    await come_back(visitor, side, await visitor.get(way))
    await put("user_session", "created_at", system_now() - timedelta(hours=1))
    token = dict((await visitor.get("/account")).form("/account/profile").fields)["csrf_token"]
    typed = {"csrf_token": token, "email": "hugo@other.fr", "current_password": ""}

    stopped = await visitor.post("/account/profile", typed)
    [to_provider] = [link for link in stopped.links() if "/again/provider" in link]
    [tab] = stopped.page.find("a", target="_blank")
    not_yet = await visitor.submit(stopped, "/account/profile")
    done = await visitor.follow(await come_back(visitor, side, await visitor.get(to_provider)))
    changed = await visitor.submit(stopped, "/account/profile")

    assert (stopped.status, not_yet.status) == (403, 403)
    assert "again_password" not in stopped.response.text
    assert "Acme" in tab.text
    assert "You have signed in again" in done.words
    assert changed.status == 303
    assert "EMAIL_CHANGE" in str(await mails_to("hugo@other.fr"))


async def test_the_way_to_the_provider_leads_back_and_refusals_to_the_account(
    open_browser: OpenBrowser, side: ProviderSide, records: Records
) -> None:
    owner = (await open_browser()).become(await make_owner())
    page = await set_up(owner, records)
    side.claims = {"sub": "boss", "email": "elsa@acme.fr"}
    await come_back(owner, side, await owner.get(f"{page}/try"))
    await owner.submit(await owner.get(page), f"{page}/on")
    asked = await owner.get("/sign-in/again?next=/tokens")
    [way] = [link for link in asked.links() if "/again/provider" in link]

    back = await come_back(owner, side, await owner.get(way))
    side.claims = {"sub": "somebody else", "email": "elsa@acme.fr"}
    refused = await come_back(owner, side, await owner.get(way))
    stranger = (await open_browser()).become(await make_person("zoe"))
    without = await stranger.get("/sign-in/again/provider?next=/tokens")

    assert asked.has_form("/sign-in/again")  # the owner has a password as well
    assert (back.status, back.location) == (303, "/tokens")
    assert (refused.status, "OTHER_MEMBER" in refused.words) == (409, True)
    assert "/account" in refused.links()
    assert (without.status, without.location) == (303, "/sign-in/again?next=%2Ftokens")
    assert "/again/provider" not in (await stranger.get(without.location)).response.text
