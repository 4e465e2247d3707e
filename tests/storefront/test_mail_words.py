"""What strangers wrote, in our mails: no names to unproved addresses, and no links anywhere."""

import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest

from chenu.accounts.profile import ProfileChange, update_profile
from chenu.accounts.recovery import request_password_reset, reset_password
from chenu.accounts.sessions import find_actor
from chenu.accounts.users import Browser, SignUp, sign_up
from chenu.core import db
from chenu.core.mail import MailKind, MailRow
from chenu.flows.services import Services
from chenu.jobs.mail_text import compose_mail
from chenu.jobs.user_texts import unlink
from tests.accounts.mailed import mailed_token
from tests.people import PASSWORD, make_person
from tests.storefront.test_mails import PARAMS, TO_UNPROVED, URL, compose, part

pytestmark = pytest.mark.long

LURES = {
    "the issue's": "You won 500 EUR, claim at http://evil.example/win",
    "capitals": "HTTPS://EVIL.EXAMPLE/WIN",
    "no scheme": "claim at evil.example/win",
    "www": "WWW.evil.example",
    "no host": "//evil.example/x",
    "mailto": "mailto:me@evil.example",
    "an address": "write to me@evil.example",
    "local": "http://evil/win",
    "by number": "go to 203.0.113.9/win",
    "another dot": "evil。example/win",
    "wide dot": "evil．example/win",
    "hidden": "evil\u200b.\u200bexample",
    "Cyrillic": "зло.рф/win",
    "punycode": "xn--e1afmkfd.xn--p1ai",
    "scheme of an app": "tel:+33123456789",
    "script": "javascript:alert(1)",
    "markdown": "[win](https://evil.example)",
    "tag": '<a href="https://evil.example">win</a>',
    "our host before it": "https://chenu.example.evil.example/",
    "our host as a name": "https://chenu.example@evil.example/",
}
_LINKED = re.compile(
    r"(?:[a-z][a-z0-9+.-]*:(?=[^\s\d])|[\w\u200b-](?:[.。．｡][\u200b\u00ad\u2060]*[^\W\d_])"
    r"|\d+\.\d+\.\d+\.\d+)",
    re.IGNORECASE,
)
"""What mail programs make links of, wherever it stands: schemes, hosts, numbers of hosts."""
_OURS = re.compile(r"https://(?:chenu\.example|stripe\.example)/\S*")
_WRITTEN_BY_PEOPLE = ("name", "answer", "account", "agent", "creator", "reason", "contract")


def linked(text: str) -> list[str]:
    """Parts that would become links and are not ours."""
    return _LINKED.findall(_OURS.sub("", text))


@pytest.mark.parametrize("lure", LURES.values(), ids=LURES.keys())
@pytest.mark.parametrize("kind", MailKind)
def test_nothing_that_people_wrote_is_a_link_in_any_mail(kind: MailKind, lure: str) -> None:
    quiet = compose(kind, "en", **dict.fromkeys(_WRITTEN_BY_PEOPLE, "Quiet"))
    message = compose(kind, "en", **dict.fromkeys(_WRITTEN_BY_PEOPLE, lure))

    html = part(message, "html")
    assert linked(part(message, "plain")) == linked(part(quiet, "plain"))
    assert linked(message["Subject"]) == []
    hrefs = re.findall(r'href="([^"]*)"', html)
    assert all(href.startswith((f"{URL}/", "https://stripe.example/")) for href in hrefs)
    assert hrefs == re.findall(r'href="([^"]*)"', part(quiet, "html"))
    assert "<a href=" not in html.replace('<a href="https://chenu.example/', "").replace(
        '<a href="https://stripe.example/', ""
    )


@pytest.mark.parametrize("lure", LURES.values(), ids=LURES.keys())
def test_words_that_look_like_links_are_distinguished_but_stay_readable(lure: str) -> None:
    shown = unlink(lure)

    assert linked(lure)
    assert linked(shown) == []
    assert shown.replace(" ", "") == lure.replace(" ", "")


@pytest.mark.parametrize(
    "name",
    [
        "Inès Lambert",
        "O’Neil & Söhne",
        "GPT-4.1 trieur",
        "v1.2.3",
        "10:30",
        "C++ / C#",
        "R&D, etc.",
        "Dr. Watson",
        "80 % moins cher...",
        "ratio 3:4",
    ],
)
def test_ordinary_names_stay_as_they_are(name: str) -> None:
    assert unlink(name) == name


@pytest.mark.parametrize("kind", sorted(TO_UNPROVED))
@pytest.mark.parametrize("lure", LURES.values(), ids=LURES.keys())
def test_a_mail_to_an_unproved_address_says_nothing_of_a_stranger(
    kind: MailKind, lure: str
) -> None:
    message = compose(kind, "en", name=lure)

    assert lure not in part(message, "plain")
    assert unlink(lure) not in part(message, "plain")


@pytest.mark.parametrize(
    ("email", "shown"),
    [
        ("new@example.org", "new@example.org"),
        ("a.b-c_d@mail.example.org", "a.b-c_d@mail.example.org"),
        ("victim+http/evil.example@example.org", "victim+http/evil. example@example. org"),
        ("victim+evil.example/win@example.org", "victim+evil. example/win@example. org"),
    ],
)
def test_an_address_is_shown_as_it_is_unless_it_says_more(email: str, shown: str) -> None:
    for kind in (MailKind.EMAIL_CHANGE_CONFIRM, MailKind.EMAIL_CHANGE_NOTICE):
        plain = " ".join(part(compose(kind, "en", email=email), "plain").split())
        assert f" {shown}" in plain


async def _mails_to(email: str) -> list[str]:
    """The texts of all mails in the outbox to an email address, as they would be sent."""
    sql = """
        SELECT id, business_key, kind, to_address, locale, params::text AS params, state, attempts,
            created_at
        FROM outbox_mail WHERE to_address = $1 ORDER BY id
    """
    rows = await db.fetch_all(MailRow, sql, email)
    mails = [
        compose_mail(row, sender="CHE·NU <a@chenu.example>", public_url=URL, secret=b"s" * 32)
        for row in rows
    ]
    return [f"{mail['Subject']}\n{part(mail, 'plain')}{part(mail, 'html')}" for mail in mails]


@pytest.mark.parametrize(
    "lure", ["You won 500 EUR, http://evil.example", "Call me", "evil.example"]
)
async def test_a_stranger_with_a_victims_address_has_no_words_of_theirs_mailed(
    services: Services, lure: str
) -> None:
    """Signing up with it, changing away from it, resetting it: no name until it is proved."""
    request = SignUp("victim@example.org", PASSWORD, lure, "en")
    session = await sign_up(request, Browser(), verify_at_once=False)
    actor = await find_actor(session.token, "")
    assert actor is not None
    await update_profile(actor, ProfileChange(email="evil.words@evil.example"))
    await request_password_reset("victim@example.org", "192.0.2.7")
    await reset_password(await mailed_token("victim@example.org"), "another good one")

    mails = await _mails_to("victim@example.org")

    assert len(mails) == 5
    for mail in mails:
        assert "evil" not in mail
        assert lure not in mail


async def test_a_stranger_who_asks_for_a_victims_address_has_no_words_mailed(
    services: Services,
) -> None:
    person = await make_person("zoe")
    await make_person("known")
    for email in ("known@example.org", "unknown@example.org"):
        name = "You won, http://evil.example"
        await update_profile(person.actor, ProfileChange(display_name=name, email=email))

    mails = [*await _mails_to("known@example.org"), *await _mails_to("unknown@example.org")]

    assert len(mails) == 2
    assert not any("evil" in mail or "You won" in mail for mail in mails)


def test_who_has_an_account_already_is_informed_so_without_a_link_that_works() -> None:
    params: dict[str, Any] = {key: value for key, value in PARAMS.items() if key != "token"}
    row = MailRow(
        id=UUID(int=1),
        business_key="test",
        kind=MailKind.EMAIL_CHANGE_CONFIRM,
        to_address="known@example.org",
        locale="fr",
        params=msgspec.json.encode(params).decode(),
        state="QUEUED",
        attempts=0,
        created_at=datetime(2026, 11, 22, tzinfo=UTC),
    )
    plain = part(compose_mail(row, sender="a@chenu.example", public_url=URL), "plain")

    assert "existe déjà" in plain
    assert f"{URL}/password/forgot" in plain
    assert "token" not in plain


def test_the_notice_has_the_link_that_cancels() -> None:
    plain = part(compose(MailKind.EMAIL_CHANGE_NOTICE, "en"), "plain")

    assert f"{URL}/email/cancel?token=c4ncel" in plain
