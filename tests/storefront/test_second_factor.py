"""The pages of the second factor, without JavaScript: on, signing in in two steps, off."""

import httpx
import pyotp
import pytest

from chenu.accounts.actor import Staff
from chenu.accounts.attempts import CODE_PER_USER
from chenu.accounts.request_context import session_cookie_name
from chenu.core.clock import system_now
from chenu.flows.services import Services
from tests.accounts.factors import code_of, forget_last_code, switch_on
from tests.api.calls import Api, as_session
from tests.people import PASSWORD, Person
from tests.rows import count, put
from tests.storefront.browser import Browser, Seen
from tests.storefront.visitors import make_reader, make_seller

PAGE = "/account/security"


@pytest.fixture
async def zoe(services: Services, browser: Browser) -> Person:
    zoe = await make_reader("zoe")
    browser.become(zoe)
    return zoe


async def _enter_password(browser: Browser, person: Person, next_path: str = "/tokens") -> Seen:
    browser.forget()
    page = await browser.get(f"/sign-in?next={next_path}")
    return await browser.submit(page, "/sign-in", {"email": person.email, "password": PASSWORD})


async def test_it_is_switched_on_with_a_code_of_the_app(browser: Browser, zoe: Person) -> None:
    off = await browser.get(PAGE)
    begun = await browser.follow(await browser.submit(off, f"{PAGE}/begin"))
    [secret] = [each.text for each in begun.page.find("code")]
    code = pyotp.TOTP(secret).at(system_now())

    shown = await browser.submit(begun, f"{PAGE}/confirm", {"code": f"{code[:3]} {code[3:]}"})
    on = await browser.get(PAGE)

    assert "Second factor off" in off.words
    assert begun.page.find("svg") != []
    assert len(shown.page.find("li")) >= 10
    assert "Your recovery codes" in shown.title
    assert "Second factor on" in on.words
    assert "10 recovery codes are left." in on.words
    assert secret not in on.response.text


async def test_a_wrong_code_leaves_it_off(browser: Browser, zoe: Person) -> None:
    begun = await browser.follow(await browser.submit(await browser.get(PAGE), f"{PAGE}/begin"))

    wrong = await browser.submit(begun, f"{PAGE}/confirm", {"code": "12345"})

    assert wrong.status == 422
    assert "This code is wrong" in wrong.words
    assert "#confirm-code" in wrong.links()
    assert await count("second_factor", "confirmed_at IS NOT NULL") == 0


async def test_signing_in_asks_for_the_code_on_a_second_page(
    services: Services, browser: Browser, zoe: Person
) -> None:
    secret, _ = await switch_on(services, zoe)
    await forget_last_code()
    sessions = await count("user_session")

    second = await _enter_password(browser, zoe)
    before = await count("user_session")
    done = await browser.submit(second, "/sign-in/code", {"code": code_of(secret)})

    assert second.status == 200
    assert session_cookie_name(services.settings) not in second.response.headers.get(
        "set-cookie", ""
    )
    assert PASSWORD not in second.response.text
    assert before == sessions
    assert (done.status, done.location) == (303, "/tokens")
    assert (await browser.get("/account")).status == 200


async def test_a_wrong_code_is_asked_for_again_until_there_were_too_many(
    services: Services, browser: Browser, zoe: Person
) -> None:
    _, codes = await switch_on(services, zoe)
    page = await _enter_password(browser, zoe)

    for _ in range(CODE_PER_USER[0].tries):
        page = await browser.submit(page, "/sign-in/code", {"code": "000000"})
        assert page.status == 422
        assert dict(page.form("/sign-in/code").fields)["next"] == "/tokens"
    refused = await browser.submit(page, "/sign-in/code", {"code": codes[0]})

    assert refused.status == 429
    assert int(refused.response.headers["retry-after"]) > 0


async def test_a_token_that_is_not_ours_leads_back_to_the_password(browser: Browser) -> None:
    seen = await browser.post("/sign-in/code", {"token": "made-up", "code": "1", "next": "/tokens"})

    assert seen.status == 422
    assert dict(seen.form("/sign-in").fields)["next"] == "/tokens"


async def test_it_is_turned_off_after_signing_in_again_with_a_code(
    services: Services, browser: Browser, zoe: Person
) -> None:
    _, codes = await switch_on(services, zoe)
    await put("user_session", "created_at", system_now().replace(year=2020))
    await put("user_session", "last_seen_at", system_now())
    stopped = await browser.submit(await browser.get(PAGE), f"{PAGE}/off")
    again = {"again_password": PASSWORD}

    bare = await browser.submit(stopped, f"{PAGE}/off", {**again, "again_code": "000000"})
    done = await browser.submit(bare, f"{PAGE}/off", {**again, "again_code": codes[1]})

    assert stopped.status == 403
    assert bare.status == 422
    assert "This code is wrong" in bare.words
    assert done.location == f"{PAGE}?notice=factor-off"
    assert await count("second_factor") == 0


async def test_new_recovery_codes_are_shown_once(
    services: Services, browser: Browser, zoe: Person
) -> None:
    _, old = await switch_on(services, zoe)

    shown = await browser.submit(await browser.get(PAGE), f"{PAGE}/codes")

    assert "shown this once" in shown.words
    assert old[0] not in shown.response.text
    assert await count("recovery_code") == 10


async def test_creators_and_staff_are_asked_to_switch_it_on(
    services: Services, browser: Browser
) -> None:
    words = "Protect this desk with a second factor"
    seller = await make_seller(services)
    desk = await make_reader("sam", staff=(Staff.SUPPORT,))

    before = [
        words in (await browser.become(seller).get("/creator")).words,
        words in (await browser.become(desk).get("/staff/support")).words,
        words in (await browser.become(seller).get("/tokens")).words,
    ]
    await switch_on(services, seller)

    assert before == [True, True, False]
    assert words not in (await browser.become(seller).get("/creator")).words


SIGN_IN = """
    mutation ($code: String) {
        signIn(input: {email: "zoe@example.org", password: "%s", code: $code}) {
            user { email } userErrors { code path }
        }
    }
"""


async def test_the_api_takes_the_code_with_the_password(
    services: Services, client: httpx.AsyncClient
) -> None:
    zoe = await make_reader("zoe")
    _, codes = await switch_on(services, zoe)
    api, query = Api(client), SIGN_IN % PASSWORD

    needed = (await api.send(query)).data["signIn"]
    wrong = (await api.send(query, {"code": "000000"})).data["signIn"]
    done = (await api.send(query, {"code": codes[0]})).data["signIn"]

    assert needed["userErrors"] == [{"code": "CODE_NEEDED", "path": ["input", "code"]}]
    assert wrong["userErrors"] == [{"code": "INVALID", "path": ["input", "code"]}]
    assert done == {"user": {"email": "zoe@example.org"}, "userErrors": []}


async def test_a_new_password_takes_a_code_as_well(
    services: Services, browser: Browser, zoe: Person
) -> None:
    _, codes = await switch_on(services, zoe)
    page = await browser.get("/account")
    typed = {"current_password": PASSWORD, "new_password": "another good passphrase"}

    bare = await browser.submit(page, "/account/password", typed)
    wrong = await browser.submit(bare, "/account/password", {**typed, "code": "000000"})
    done = await browser.submit(wrong, "/account/password", {**typed, "code": codes[0]})

    assert (bare.status, wrong.status) == (401, 422)
    assert "Please enter the code of your authenticator app" in bare.words
    assert "#password-code" in wrong.links()
    assert done.location == "/account?notice=password"
    assert await count("audit_event", "action = 'password.change'") == 1


async def test_an_account_is_not_deleted_without_a_code(
    services: Services, browser: Browser, zoe: Person
) -> None:
    _, codes = await switch_on(services, zoe)
    page = await browser.get("/account/privacy")
    typed = {"current_password": PASSWORD, "confirmation": "DELETE"}

    bare = await browser.submit(page, "/account/privacy/delete", typed)
    before = await count("second_factor")
    done = await browser.submit(bare, "/account/privacy/delete", {**typed, "code": codes[0]})

    assert (bare.status, before) == (401, 1)
    assert "#delete-code" in bare.links()
    assert done.location == "/?notice=deleted"


async def test_programs_are_asked_for_the_code_of_a_new_password(
    services: Services, client: httpx.AsyncClient, zoe: Person
) -> None:
    secret, _ = await switch_on(services, zoe)
    await forget_last_code()
    api = as_session(client, services, zoe)
    change = {"currentPassword": PASSWORD, "newPassword": "another good passphrase"}
    query = """mutation ($input: PasswordChangeInput!) {
        passwordChange(input: $input) { ok userErrors { code path } } }"""

    bare = await api.send(query, {"input": change})
    done = await api.send(query, {"input": {**change, "code": code_of(secret)}})

    assert bare.refusals() == [("CODE_NEEDED", ["input", "code"])]
    assert done.payload()["ok"]
