import pytest

from chenu.accounts.users import find_user_by_email
from chenu.core import db
from chenu.flows.services import Services
from tests.people import PASSWORD
from tests.storefront.browser import Browser
from tests.storefront.conftest import Fingerprint, OpenBrowser
from tests.storefront.visitors import make_reader

GOOD = {"email": "zoe@example.org", "password": "four horses by the sea", "display_name": "Zoé"}

SIGN_UPS = [
    ("no address", {"email": ""}, "e-mail address such as"),
    ("half an address", {"email": "zoe@"}, "e-mail address such as"),
    ("two addresses", {"email": "a@b.org, c@d.org"}, "e-mail address such as"),
    ("short password", {"password": "short"}, "at least 8 characters"),
    ("long password", {"password": "ab1!" * 51}, "at most 200 characters"),
    ("common password", {"password": "password123"}, "too easy to guess"),
    ("the address as password", {"password": "zoe@example.org"}, "too easy to guess"),
    ("no name", {"display_name": "  "}, "1 to 80 characters"),
    ("long name", {"display_name": "x" * 81}, "1 to 80 characters"),
    ("name of two lines", {"display_name": "Zoé\nAdmin"}, "one line of text"),
    ("NUL", {"display_name": "Zoé\x00"}, "without control characters"),
    ("accents before the @", {"email": "zoé@example.org"}, "before the @"),
    ("a host that is none", {"email": "zoe@☃.example"}, "e-mail address such as"),
    (
        "the address as typed as password",
        {"email": "zoe@müller.example", "password": "Zoe@MÜLLER.example"},
        "too easy to guess",
    ),
    ("a name of fillers", {"display_name": "\u3164\u3164"}, "visible characters"),
    ("a name of tags", {"display_name": "\U000e0043\U000e0048"}, "visible characters"),
    ("the house's name", {"display_name": "СНЕ·NU"}, "reserved for CHE·NU"),
    ("a team of the house", {"display_name": "Équipe CHENU"}, "reserved for CHE·NU"),
]


async def test_signing_up_makes_an_account_and_stores_what_was_accepted(browser: Browser) -> None:
    page = await browser.get("/sign-up")

    seen = await browser.submit(page, "/sign-up", GOOD)
    account = await browser.follow(seen)

    assert "We sent you a link" in account.words
    assert "is not verified yet" in account.words
    accepted = "SELECT array_agg(document || ' ' || version ORDER BY document) FROM acceptance"
    assert await db.fetch_value(accepted) == ["PRIVACY 2026-11-28", "TERMS 2026-11-30"]
    cookie = seen.response.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


@pytest.mark.parametrize(
    ("typed", "words"), [row[1:] for row in SIGN_UPS], ids=[r[0] for r in SIGN_UPS]
)
async def test_what_is_wrong_with_a_sign_up_is_said_and_nothing_is_made(
    browser: Browser, fingerprint: Fingerprint, typed: dict[str, str], words: str
) -> None:
    before = await fingerprint()
    page = await browser.get("/sign-up")

    seen = await browser.submit(page, "/sign-up", {**GOOD, **typed})

    assert seen.status == 422
    assert words in seen.words
    assert "set-cookie" not in seen.response.headers
    assert await fingerprint() == before


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("zoe@müller.example", "Crème brûlée"),
        ("ZOE@mu\u0308ller.example", "Cre\u0300me bru\u0302le\u0301e"),
        ("zoe@xn--mller-kva.example", "Crème\u00a0brûlée"),
    ],
    ids=["as signed up", "in another form", "in ASCII"],
)
async def test_an_international_address_and_password_sign_in_in_every_spelling(
    open_browser: OpenBrowser, email: str, password: str
) -> None:
    first, second = await open_browser(), await open_browser()
    typed = {**GOOD, "email": "zoe@müller.example", "password": "Crème brûlée"}
    await first.follow(await first.submit(await first.get("/sign-up"), "/sign-up", typed))

    page = await second.get("/sign-in")
    seen = await second.submit(page, "/sign-in", {"email": email, "password": password})

    assert seen.status == 303
    assert (await second.open("/account")).status == 200


async def test_a_refused_form_keeps_what_was_typed_but_never_the_password(browser: Browser) -> None:
    page = await browser.get("/sign-up")

    seen = await browser.submit(page, "/sign-up", {**GOOD, "email": "zoe@"})

    form = dict(seen.form("/sign-up").fields)
    assert form["email"] == "zoe@"
    assert form["display_name"] == "Zoé"
    assert form["password"] == ""
    assert GOOD["password"] not in seen.response.text
    [field] = seen.page.find("input", name="email")
    assert field.attributes["aria-invalid"] == "true"
    assert f'id="{field.attributes["aria-describedby"].strip()}"' in seen.response.text
    assert "#sign-up-email" in seen.links()


async def test_an_address_signs_up_once(browser: Browser, services: Services) -> None:
    await make_reader("zoe")
    page = await browser.get("/sign-up")

    seen = await browser.submit(page, "/sign-up", GOOD)

    assert seen.status == 409
    assert "sign in instead" in seen.words


async def test_signing_in_and_out_starts_and_ends_a_session(browser: Browser) -> None:
    await make_reader("zoe")
    page = await browser.get("/sign-in?next=/account")

    seen = await browser.submit(
        page, "/sign-in", {"email": " Zoe@Example.org ", "password": PASSWORD}
    )
    account = await browser.follow(seen)
    out = await browser.submit(account, "/sign-out")
    after = await browser.get("/account")

    assert account.title.startswith("Account")
    assert out.location == "/?notice=signed-out"
    assert "Max-Age=0" in out.response.headers["set-cookie"]
    assert (after.status, after.location) == (303, "/sign-in?next=%2Faccount")
    assert await db.fetch_value("SELECT count(*) FROM user_session WHERE revoked_at IS NULL") == 1


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("zoe@example.org", "not this one"),
        ("nobody@example.org", PASSWORD),
        ("zoe", PASSWORD),
    ],
    ids=["wrong password", "unknown address", "no address"],
)
async def test_a_wrong_sign_in_never_says_what_was_wrong(
    browser: Browser, services: Services, fingerprint: Fingerprint, email: str, password: str
) -> None:
    await make_reader("zoe")
    before = await fingerprint()
    page = await browser.get("/sign-in")

    seen = await browser.submit(page, "/sign-in", {"email": email, "password": password})

    assert seen.status == 422
    assert seen.page.errors() == ["The e-mail address or the password is wrong"]
    assert await fingerprint() == before


@pytest.mark.parametrize("email", ["", "zoe@example.org", "nobody@example.org"])
async def test_an_empty_password_is_asked_for_whoever_it_is(
    browser: Browser, services: Services, fingerprint: Fingerprint, email: str
) -> None:
    await make_reader("zoe")
    before = await fingerprint()
    page = await browser.get("/sign-in")

    seen = await browser.submit(page, "/sign-in", {"email": email, "password": ""})

    assert seen.status == 422
    assert seen.page.errors() == ["Please enter your password"]
    assert await fingerprint() == before


async def test_too_many_wrong_sign_ins_have_to_wait(browser: Browser) -> None:
    await make_reader("zoe")
    page = await browser.get("/sign-in")
    wrong = {"email": "zoe@example.org", "password": "wrong"}

    seen = [await browser.submit(page, "/sign-in", wrong) for _ in range(11)]

    assert [each.status for each in seen] == [422] * 10 + [429]
    assert int(seen[-1].response.headers["retry-after"]) > 0
    assert "Too many attempts" in seen[-1].words


@pytest.mark.parametrize(
    ("wanted", "leads_to"),
    [("/account", "/account"), ("//evil.example", "/library"), ("/\\evil.example", "/library")],
    ids=["a page of ours", "another host", "a host behind a backslash"],
)
async def test_signing_in_leads_back_to_a_page_of_ours(
    browser: Browser, services: Services, wanted: str, leads_to: str
) -> None:
    await make_reader("zoe")
    page = await browser.get("/sign-in")
    typed = {"email": "zoe@example.org", "password": PASSWORD, "next": wanted}

    seen = await browser.submit(page, "/sign-in", typed)

    assert (seen.status, seen.location) == (303, leads_to)


async def test_a_language_is_remembered_by_the_browser(browser: Browser) -> None:
    page = await browser.get("/pricing")
    assert page.page.find("html")[0].attributes["lang"] == "en"

    seen = await browser.submit(page, "/language", button="locale=fr")
    french = await browser.follow(seen)

    assert seen.location == "/pricing"
    assert french.page.find("html")[0].attributes["lang"] == "fr"
    assert "Offres" in french.title


async def test_a_language_belongs_to_the_person_who_is_signed_in(browser: Browser) -> None:
    person = await make_reader("zoe")
    browser.become(person)
    page = await browser.get("/library")

    await browser.submit(page, "/language", button="locale=fr")

    user = await find_user_by_email(person.email)
    assert user is not None
    assert user.locale == "fr"
    assert (await browser.get("/library")).title.startswith("Bibliothèque")


@pytest.mark.parametrize("locale", ["de", "", "fr-FR", "../fr"])
async def test_an_unknown_language_is_refused(
    browser: Browser, fingerprint: Fingerprint, locale: str
) -> None:
    before = await fingerprint()

    seen = await browser.post("/language", {"locale": locale, "next": "/"})

    assert seen.status == 422
    assert "fr, en" in seen.words
    assert await fingerprint() == before


async def test_somebody_who_is_signed_in_needs_no_sign_in_page(
    browser: Browser, open_browser: OpenBrowser
) -> None:
    browser.become(await make_reader("zoe"))

    assert (await browser.get("/sign-in?next=/account")).location == "/account"
    assert (await browser.get("/sign-up")).location == "/library"


async def test_several_mistakes_are_reported_together(browser: Browser) -> None:
    page = await browser.get("/sign-up")
    wrong = {"email": "zoe@", "password": "short", "display_name": ""}

    seen = await browser.submit(page, "/sign-up", wrong)

    assert seen.status == 422
    assert len(seen.page.errors()) == 3
    assert {"#sign-up-email", "#sign-up-password", "#sign-up-display_name"} <= set(seen.links())
