"""The account that a session acts for: chosen on pages or named in a header, never a stranger's."""

import httpx
import pytest

from chenu.accounts.actor import AccountId, AccountRole, ApiScope
from chenu.accounts.api_keys import create_api_key
from chenu.accounts.service_keys import create_service_key
from chenu.accounts.sessions import find_actor
from chenu.accounts.users import add_member, create_account
from chenu.core import db
from chenu.core.ids import new_id
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.api.calls import Api, as_session, gid
from tests.people import Person, sign_in_again
from tests.storefront.browser import Browser
from tests.storefront.conftest import Fingerprint, OpenBrowser
from tests.storefront.visitors import make_reader

ACTING = "{ viewer { account { name } accounts { role account { name } } } }"


async def _join_company(member: Person, role: AccountRole = AccountRole.MEMBER) -> AccountId:
    owner = await make_reader("nora")
    company = await create_account(owner.user_id, "Benali SARL", "COMPANY")
    await db.execute("UPDATE account SET tier = $2 WHERE id = $1", company, TierCode.BUSINESS)
    await add_member(company, member.user_id, role)
    return company


async def _acting_for(person: Person) -> AccountId | None:
    actor = await find_actor(person.token, "")
    assert actor is not None
    return actor.account_id


async def test_who_is_in_one_account_alone_has_nothing_to_switch(browser: Browser) -> None:
    browser.become(await make_reader("hugo"))

    assert not (await browser.get("/account")).has_form("/account/switch")


async def test_every_page_offers_the_accounts_and_then_acts_for_the_chosen_one(
    browser: Browser, client: httpx.AsyncClient, services: Services
) -> None:
    hugo = await make_reader("hugo")
    company = await _join_company(hugo)
    browser.become(hugo)

    page = await browser.get("/agents")
    seen = await browser.submit(page, "/account/switch", {"account": str(company)})

    assert (seen.status, seen.location) == (303, "/account?notice=switched")
    after = await browser.follow(seen)
    assert "Business" in after.words
    assert await _acting_for(hugo) == company
    reply = await as_session(client, services, hugo).send(ACTING)
    assert reply.body["data"]["viewer"]["account"] == {"name": "Benali SARL"}
    assert [each["role"] for each in reply.body["data"]["viewer"]["accounts"]] == [
        "OWNER",
        "MEMBER",
    ]


async def test_a_choice_belongs_to_one_session(
    browser: Browser, open_browser: OpenBrowser, services: Services
) -> None:
    hugo = await make_reader("hugo")
    company = await _join_company(hugo)
    elsewhere = await sign_in_again(hugo.user_id, hugo.email)
    page = await browser.become(hugo).get("/")

    await browser.submit(page, "/account/switch", {"account": str(company)})

    assert await _acting_for(hugo) == company
    assert await _acting_for(elsewhere) == hugo.actor.account_id


@pytest.mark.parametrize("whose", ["a stranger's", "nobody's", "no id"])
async def test_an_account_of_others_cannot_be_chosen(
    browser: Browser, services: Services, fingerprint: Fingerprint, whose: str
) -> None:
    hugo, stranger = await make_reader("hugo"), await make_reader("stranger")
    await _join_company(hugo)
    wanted = {
        "a stranger's": str(stranger.actor.account_id),
        "nobody's": str(new_id()),
        "no id": "x",
    }[whose]
    page = await browser.become(hugo).get("/")
    before = await fingerprint()

    seen = await browser.submit(page, "/account/switch", {"account": wanted})

    assert seen.status == (422 if whose == "no id" else 404)
    assert await fingerprint() == before


async def test_a_header_wins_over_the_choice_and_a_strangers_account_is_like_none(
    client: httpx.AsyncClient, services: Services
) -> None:
    hugo, stranger = await make_reader("hugo"), await make_reader("stranger")
    company = await _join_company(hugo)
    api = as_session(client, services, hugo)

    replies = [
        await api.send(ACTING, {}, **{"chenu-account": gid("Account", account)})
        for account in (company, stranger.actor.account_id, new_id())
    ]

    assert replies[0].body["data"]["viewer"]["account"] == {"name": "Benali SARL"}
    messages = [[error["message"] for error in reply.body["errors"]] for reply in replies[1:]]
    assert messages[0] == messages[1]
    assert replies[1].codes == replies[2].codes == ["FORBIDDEN"]


@pytest.mark.parametrize("kind", ["API key", "service key"])
async def test_a_key_is_refused_a_foreign_account_as_an_unknown_one(
    client: httpx.AsyncClient, services: Services, kind: str
) -> None:
    """A service key may act for any account that there is."""
    hugo = await make_reader("hugo", TierCode.PRO)
    stranger, pepper = await make_reader("stranger"), services.settings.secret
    if kind == "API key":
        secret = (await create_api_key(hugo.actor, "k", [ApiScope.READ], None, pepper)).secret
    else:
        secret = await create_service_key("apps", pepper)
    api = Api(client, {"authorization": f"Bearer {secret}"})

    replies = [
        await api.send("{ viewer { email } }", {}, **{"chenu-account": gid("Account", account)})
        for account in (hugo.actor.account_id, stranger.actor.account_id, new_id())
    ]

    own, foreign, unknown = [
        [(error["message"], error["extensions"]["code"]) for error in reply.body.get("errors", [])]
        for reply in replies
    ]
    assert own == []
    assert [code for _, code in unknown] == ["FORBIDDEN"]
    assert foreign == (unknown if kind == "API key" else [])


async def test_a_page_that_a_role_may_not_use_leads_to_whom_to_ask_and_to_the_other_account(
    browser: Browser, services: Services
) -> None:
    hugo = await make_reader("hugo")
    company = await _join_company(hugo)
    page = await browser.become(hugo).get("/")
    account = await browser.follow(
        await browser.submit(page, "/account/switch", {"account": str(company)})
    )
    assert not account.has_form("/account/api-keys")
    token = dict(account.form("/account/switch").fields)["csrf_token"]

    seen = await browser.post("/account/api-keys", {"csrf_token": token, "name": "x"})

    assert seen.status == 403
    assert "/account/members" in seen.links()
    assert seen.has_form("/account/switch")


async def test_who_has_left_acts_for_the_personal_account_again(
    browser: Browser, services: Services
) -> None:
    hugo = await make_reader("hugo")
    company = await _join_company(hugo)
    page = await browser.become(hugo).get("/")
    await browser.submit(page, "/account/switch", {"account": str(company)})

    await db.execute(
        "DELETE FROM membership WHERE account = $1 AND member = $2", company, hugo.user_id
    )

    assert await _acting_for(hugo) == hugo.actor.account_id


async def test_members_beyond_the_seats_only_read(browser: Browser, services: Services) -> None:
    """The newest first: the oldest member has the seat that is left."""
    owner = await make_reader("nora", TierCode.BUSINESS)
    members = [await make_reader(f"member{n}") for n in range(3)]
    account = owner.actor.account_id
    assert account is not None
    for member in members:
        await add_member(account, member.user_id, AccountRole.BILLING)
    await db.execute("UPDATE account SET seats = 2 WHERE id = $1", account)

    actors = [await find_actor(person.token, "", account) for person in (owner, *members)]

    assert [actor and actor.has_seat for actor in actors] == [True, True, False, False]
