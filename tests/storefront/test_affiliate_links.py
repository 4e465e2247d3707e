"""`?ref=` on any page: a click on the server, a question, and the code up to the sign-up."""

import asyncio
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from chenu.accounts.request_context import link_cookie_name
from chenu.affiliates.affiliates import AffiliateRow
from chenu.affiliates.codes import take_code
from chenu.app import create_app
from chenu.core import db
from chenu.flows.services import Services
from chenu.http import affiliate_links
from tests.affiliates.bound import make_affiliate
from tests.affiliates.test_clicks import FIREFOX
from tests.conftest import with_settings
from tests.people import PASSWORD, make_person
from tests.rows import count
from tests.storefront.browser import Browser, Seen
from tests.storefront.conftest import Fingerprint

CONSENT = "/affiliates/consent"
PERSON = {"display_name": "Zoé", "email": "zoe@example.org", "password": PASSWORD}
WRONG = [
    "",
    "CHENU00000000",
    "CHENU0000000G",
    "//evil.example",
    "https://evil.example/",
    "%5C%5Cevil.example",
    "javascript:alert(1)",
    "%00",
    "%ff%fe",
    "%0d%0aSet-Cookie:x=1",
    "a" * 900,
]


@pytest.fixture
async def affiliate(services: Services) -> AffiliateRow:
    return await make_affiliate(await make_person("aline"))


async def _visit(browser: Browser, url: str, **headers: str) -> Seen:
    return await browser.get(url, **{"user_agent": FIREFOX, **headers})


def _cookie(browser: Browser, services: Services) -> str | None:
    return browser.client.cookies.get(link_cookie_name(services.settings))


async def _affiliate_of_zoe() -> tuple[object, ...] | None:
    sql = """
        SELECT ARRAY[r.affiliate::text, r.state, r.origin] FROM referral r
        JOIN app_user u ON u.id = r.member WHERE u.email = 'zoe@example.org'
    """
    found = await db.fetch_value(sql)
    return None if found is None else tuple(found)


async def test_a_click_of_any_page_is_counted_and_nothing_is_stored_in_the_browser(
    services: Services, browser: Browser, affiliate: AffiliateRow
) -> None:
    for number, path in enumerate(("/", "/agents?q=x&", "/pricing", "/terms", "/nowhere")):
        await db.execute("DELETE FROM affiliate_click")
        await _visit(browser, f"{path}{'' if '?' in path else '?'}ref={affiliate.code}")
        landing = await db.fetch_value("SELECT landing FROM affiliate_click")
        assert landing == path.partition("?")[0]
        assert await db.fetch_value("SELECT clicks FROM affiliate_day") == number + 1

    assert _cookie(browser, services) is None


async def test_without_an_answer_the_code_goes_along_to_the_sign_up(
    services: Services, browser: Browser, affiliate: AffiliateRow
) -> None:
    landing = await _visit(browser, f"/pricing?ref={affiliate.code}")
    [link, *_] = [link for link in landing.links() if link.startswith("/sign-up?")]
    assert f"ref={affiliate.code}" in link

    form = await _visit(browser, link)
    await browser.submit(form, "/sign-up", PERSON)

    assert await _affiliate_of_zoe() == (str(affiliate.id), "BOUND", "CODE")


async def test_the_sign_in_page_hands_the_code_on(
    browser: Browser, affiliate: AffiliateRow
) -> None:
    landing = await _visit(browser, f"/?ref={affiliate.code}")
    [to_sign_in] = [link for link in landing.links() if link.startswith("/sign-in")]
    sign_in = await _visit(browser, to_sign_in)

    assert [link for link in sign_in.links() if link == f"/sign-up?ref={affiliate.code}"]
    assert await count("affiliate_click") == 1


@pytest.mark.parametrize(
    "page",
    ["/library", "/account/plan?x=1", "/creator", "/affiliate", "/affiliate#payouts", "/roi"],
)
async def test_the_way_over_the_sign_in_keeps_the_code(
    browser: Browser, affiliate: AffiliateRow, page: str
) -> None:
    """Of a page that only people with an account see: no cookie, and no answer to the question."""
    path, hash_sign, fragment = page.partition("#")
    link = f"{path}{'&' if '?' in path else '?'}ref={affiliate.code}{hash_sign}{fragment}"
    refused = await _visit(browser, link)
    assert refused.location.startswith("/sign-in?")
    sign_in = await _visit(browser, refused.location)
    [to_sign_up] = _links_to(sign_in, "/sign-up?", affiliate)
    form = await _visit(browser, unescape(to_sign_up))
    signed_up = await browser.submit(form, "/sign-up", PERSON)

    assert urlsplit(signed_up.location).path == urlsplit(page).path
    assert await _affiliate_of_zoe() == (str(affiliate.id), "BOUND", "CODE")
    assert await count("affiliate_click") == 1
    assert await db.fetch_value("SELECT landing FROM affiliate_click") == urlsplit(page).path


async def test_a_form_that_needs_an_account_keeps_the_code(
    services: Services, browser: Browser, affiliate: AffiliateRow
) -> None:
    await _visit(browser, f"/affiliates?ref={affiliate.code}")

    refused = await browser.post("/affiliates/join", {})

    sign_in = await _visit(browser, refused.location)
    assert refused.location.startswith("/sign-in?")
    assert _links_to(sign_in, "/sign-up?", affiliate)


async def test_forms_that_are_refused_show_their_links_with_the_code_again(
    browser: Browser, affiliate: AffiliateRow
) -> None:
    """A wrong password, then a sign-up without one."""
    sign_in = await _visit(browser, f"/sign-in?next=/library&ref={affiliate.code}")
    wrong = await browser.submit(sign_in, "/sign-in", {"email": "a@example.org", "password": "x"})
    [to_sign_up] = _links_to(wrong, "/sign-up?", affiliate)
    sign_up = await _visit(browser, unescape(to_sign_up))
    short = await browser.submit(sign_up, "/sign-up", {**PERSON, "password": "x"})

    assert (wrong.status, short.status) == (422, 422)
    assert _links_to(short, "/sign-in?", affiliate)
    await browser.submit(short, "/sign-up", {"password": PASSWORD})
    assert await _affiliate_of_zoe() == (str(affiliate.id), "BOUND", "CODE")


@pytest.mark.parametrize("sent", WRONG)
async def test_what_is_no_code_is_carried_nowhere(browser: Browser, sent: str) -> None:
    refused = await _visit(browser, f"/library?ref={sent}")
    wrong = await browser.post("/sign-in", {"email": "a@b.example", "referral_code": sent})

    assert refused.location == "/sign-in?next=%2Flibrary"
    carried = {link for link in wrong.links() if "ref=" in link}
    assert all(link.endswith("?ref=CHENU00000000") for link in carried)  # no one's, yet a code
    assert not [link for link in wrong.links() if "evil" in link]


def _links_to(seen: Seen, stem: str, affiliate: AffiliateRow) -> list[str]:
    """Each once: the head of the page may have the same one."""
    code = f"ref={affiliate.code}"
    found = [link for link in seen.links() if link.startswith(stem) and code in link]
    return sorted(set(found), key=len)[-1:]


async def test_a_yes_sets_a_cookie_that_binds_later(
    services: Services, browser: Browser, affiliate: AffiliateRow
) -> None:
    landing = await _visit(browser, f"/agents?q=x&ref={affiliate.code}")
    answered = await browser.submit(landing, CONSENT, button="answer=yes")

    set_cookie = answered.response.headers["set-cookie"]
    assert all(word in set_cookie for word in ("HttpOnly", "SameSite=Lax", "Max-Age=7776000"))
    assert answered.location == f"/agents?q=x&ref={affiliate.code}"
    assert not (await _visit(browser, answered.location)).has_form(CONSENT)

    form = await browser.get("/sign-up")
    await browser.submit(form, "/sign-up", PERSON)
    assert await _affiliate_of_zoe() == (str(affiliate.id), "BOUND", "LINK")


async def test_a_no_leaves_nothing_that_follows_anybody(
    services: Services, browser: Browser, affiliate: AffiliateRow
) -> None:
    landing = await _visit(browser, f"/?ref={affiliate.code}")
    answered = await browser.submit(landing, CONSENT, button="answer=no")

    set_cookie = answered.response.headers["set-cookie"]
    assert _cookie(browser, services) == "no"
    assert "Max-Age" not in set_cookie
    assert "expires" not in set_cookie.lower()
    again = await _visit(browser, answered.location)
    assert not again.has_form(CONSENT)
    assert [link for link in again.links() if link == f"/sign-in?ref={affiliate.code}"]


async def test_whoever_said_yes_has_the_newer_click(
    services: Services, browser: Browser, affiliate: AffiliateRow
) -> None:
    other = await make_affiliate(await make_person("bob"))
    landing = await _visit(browser, f"/?ref={affiliate.code}")
    await browser.submit(landing, CONSENT, button="answer=yes")
    first = _cookie(browser, services)

    await _visit(browser, f"/?ref={other.code}")

    assert _cookie(browser, services) not in (None, first)
    await browser.submit(await browser.get("/sign-up"), "/sign-up", PERSON)
    assert await _affiliate_of_zoe() == (str(other.id), "BOUND", "LINK")


@pytest.mark.parametrize("sent", WRONG, ids=[*"abcdefghijk"])
async def test_a_wrong_code_is_a_page_as_without_one(
    browser: Browser, affiliate: AffiliateRow, sent: str
) -> None:
    plain = await _visit(browser, "/agents?sort=NEWEST")
    seen = await _visit(browser, f"/agents?ref={sent}&sort=NEWEST")

    assert (seen.status, seen.response.text) == (plain.status, plain.response.text)
    assert "set-cookie" not in seen.response.headers
    assert await count("affiliate_click") == 0


@pytest.mark.parametrize(
    "headers",
    [
        {"user_agent": "Googlebot/2.1"},
        {"sec_purpose": "prefetch;prerender"},
        {"purpose": "prefetch"},
        {"x_moz": "prefetch"},
        {"sec_fetch_dest": "image"},
        {"sec_fetch_dest": "iframe"},
        {"hx_request": "true", "hx_request_type": "partial"},
    ],
    ids=["bot", "prerender", "purpose", "old firefox", "image", "frame", "htmx"],
)
async def test_what_nobody_looks_at_is_no_click(
    browser: Browser, affiliate: AffiliateRow, headers: dict[str, str]
) -> None:
    seen = await _visit(browser, f"/agents?ref={affiliate.code}", **headers)

    assert seen.status == 200
    assert not seen.has_form(CONSENT)
    assert await count("affiliate_click") == 0


async def test_a_head_request_is_no_click(browser: Browser, affiliate: AffiliateRow) -> None:
    await browser.client.head(f"/?ref={affiliate.code}", headers={"user-agent": FIREFOX})

    assert await count("affiliate_click") == 0


async def test_a_signed_in_person_makes_no_click(
    services: Services, browser: Browser, affiliate: AffiliateRow
) -> None:
    browser.become(await make_person("bob"))

    seen = await _visit(browser, f"/?ref={affiliate.code}")

    assert not seen.has_form(CONSENT)
    assert await count("affiliate_click") == 0


async def test_a_lost_click_loses_no_page(
    browser: Browser, affiliate: AffiliateRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise OSError("no disk")

    monkeypatch.setattr(affiliate_links, "record_click", fail)

    seen = await _visit(browser, f"/?ref={affiliate.code}")

    assert seen.status == 200
    assert not seen.has_form(CONSENT)


async def test_a_page_that_the_cache_answers_counts_and_the_cache_holds_no_code(
    services: Services, affiliate: AffiliateRow
) -> None:
    app: Any = create_app(with_settings(services, cache_seconds=60.0))
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    headers = {"user-agent": FIREFOX}
    async with httpx.AsyncClient(
        transport=transport, base_url=services.settings.public_url, headers=headers
    ) as http:
        plain = await http.get("/agents")
        await db.execute("UPDATE affiliate_day SET clicks = 0")
        followed = await http.get(f"/agents?ref={affiliate.code}")
        wrong = await asyncio.gather(*(http.get(f"/agents?ref=CHENU{n:08X}") for n in range(20)))
        after = await http.get("/agents")

    assert affiliate.code in followed.text
    assert {reply.text for reply in wrong} == {plain.text} == {after.text}
    assert await count("affiliate_click") == 1


async def test_a_consent_of_another_site_or_with_a_made_up_click_sets_nothing(
    services: Services, browser: Browser, affiliate: AffiliateRow, fingerprint: Fingerprint
) -> None:
    landing = await _visit(browser, f"/?ref={affiliate.code}")
    token = dict(landing.form(CONSENT).fields)["link"]
    before = await fingerprint()

    yes = {"link": token, "answer": "yes", "next": "/"}
    foreign = await browser.post(CONSENT, yes, origin="https://evil.example")
    made_up = await browser.post(CONSENT, {**yes, "link": token[:-1] + "g"})
    away = await browser.post(CONSENT, {**yes, "next": "//evil.example"})

    assert foreign.status == 403
    assert (made_up.status, made_up.location) == (303, "/")
    assert "set-cookie" not in {*foreign.response.headers, *made_up.response.headers}
    assert away.location == "/"
    assert await fingerprint() == before


@pytest.mark.parametrize(
    ("query", "left"),
    [
        (b"", b""),
        (b"a=b", b"a=b"),
        (b"pref=CHENU0123ABCD", b"pref=CHENU0123ABCD"),
        (b"ref=CHENU0123ABCD", b""),
        (b"a=b&ref=chenu0123abcd&c=%26", b"a=b&c=%26"),
        (b"ref=x&a&ref=CHENU0123ABCD", b"a"),
        (b"%72ef=CHENU0123ABCD", b""),
        (b"ref", b""),
    ],
    ids=["none", "others", "alike", "alone", "between", "twice", "encoded", "bare"],
)
def test_the_parameter_is_taken_out_of_the_query(query: bytes, left: bytes) -> None:
    code, rest = take_code(query)

    assert rest == left
    assert code == ("CHENU0123ABCD" if b"0123" in query.upper() and left != query else None)
