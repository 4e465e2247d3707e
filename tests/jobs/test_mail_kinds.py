"""Each kind of mail is declared, has samples in both languages, and says the same in both parts."""

import re
from email.message import EmailMessage
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from chenu.core.i18n import LOCALES, Locale
from chenu.core.mail import queue_mail
from chenu.core.mail_encoding import PARAMS
from chenu.core.mail_kinds import MAIL_RULES, MailKind, MailTopic, topic_of
from chenu.core.mail_params import MailParams
from chenu.flows.services import Services
from chenu.jobs import mail_text
from chenu.jobs.mail_samples import SAMPLES, sample_row, samples_of
from chenu.jobs.mail_text import compose_mail

pytestmark = pytest.mark.long

URL = "https://chenu.example"
SECRET = b"s" * 32
ALL = [
    pytest.param(kind, locale, params, id=f"{kind.lower()}-{number}-{locale}")
    for kind in MailKind
    for locale in LOCALES
    for number, params in enumerate(samples_of(kind, locale), start=1)
]


def compose(kind: MailKind, locale: Locale, params: MailParams) -> EmailMessage:
    row = sample_row(kind, locale, params)
    return compose_mail(row, sender="CHE·NU <a@chenu.example>", public_url=URL, secret=SECRET)


def part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def words(text: str) -> list[str]:
    """Without the signs that stand between them, and the line that announces a signature."""
    return re.sub(r"[:\u00a0]|^-- $", " ", text, flags=re.MULTILINE).split()


def words_of_html(html: str) -> list[str]:
    body = html.partition("<body")[2].partition(">")[2]
    return words(unescape(re.sub(r"<[^>]+>", " ", body)))


def test_every_kind_has_a_rule_parameters_samples_and_a_template() -> None:
    folder = Path(mail_text.__file__).parent / "mails"
    templates = {path.stem.upper() for path in folder.glob("*.txt")}

    assert set(MAIL_RULES) == set(PARAMS) == set(SAMPLES) == set(MailKind)
    assert templates == set(MailKind)
    assert all(samples_of(kind, "fr") for kind in MailKind)


@pytest.mark.parametrize(("kind", "locale", "params"), ALL)
def test_a_sample_has_the_parameters_that_are_queued(
    kind: MailKind, locale: Locale, params: MailParams
) -> None:
    assert type(params) is PARAMS[kind]


@pytest.mark.parametrize(("kind", "locale", "params"), ALL)
def test_both_parts_say_the_same(kind: MailKind, locale: Locale, params: MailParams) -> None:
    message = compose(kind, locale, params)

    html = part(message, "html")
    assert words_of_html(html) == ["CHE·NU", *words(part(message, "plain"))]
    assert set(re.findall(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)]", part(message, "plain"))) == {
        unescape(link) for link in re.findall(r'href="([^"]*)"', html)
    }


@pytest.mark.parametrize(("kind", "locale", "params"), ALL)
def test_a_mail_loads_nothing_and_has_at_most_one_button(
    kind: MailKind, locale: Locale, params: MailParams
) -> None:
    html = part(compose(kind, locale, params), "html")

    assert not re.search(r"<(?:img|script|link|iframe|object|form)|url\(|@import|src=", html)
    assert html.count('class="button"') <= 1
    assert f'<html lang="{locale}">' in html
    assert 'name="color-scheme" content="light dark"' in html


@pytest.mark.parametrize(("kind", "locale", "params"), ALL)
def test_a_mail_says_why_it_came_and_how_to_have_no_more(
    kind: MailKind, locale: Locale, params: MailParams
) -> None:
    message = compose(kind, locale, params)

    plain, topic = part(message, "plain"), topic_of(kind)
    assert f"{URL}/imprint" in plain
    assert (f"{URL}/account/mail" in plain) == (topic is not None)
    off = str(message.get("List-Unsubscribe", ""))
    assert off.startswith(f"<{URL}/mail/unsubscribe?token={topic.lower()}.") if topic else not off
    assert message.get("List-Unsubscribe-Post") == ("List-Unsubscribe=One-Click" if topic else None)
    if topic:
        assert off.strip("<>") in plain


@pytest.mark.parametrize("host", ["c.example", f"{'long.' * 20}example"])
def test_headers_with_addresses_are_not_folded(host: str) -> None:
    row = sample_row(MailKind.SALE, "fr", SAMPLES[MailKind.SALE][0])
    message = compose_mail(row, sender="a@c.example", public_url=f"https://{host}", secret=SECRET)

    lines = bytes(message).decode().split("\n")
    assert f"List-Unsubscribe: {message['List-Unsubscribe']}" in lines
    assert f"Message-ID: {message['Message-ID']}" in lines


def test_a_mail_that_can_be_turned_off_is_not_composed_without_its_link() -> None:
    row = sample_row(MailKind.SALE, "fr", SAMPLES[MailKind.SALE][0])

    with pytest.raises(ValueError, match="signed link"):
        compose_mail(row, sender="a@c.example", public_url=URL)


@pytest.mark.parametrize(
    "params",
    [{}, {"name": "Inès"}, {"name": "Inès", "agent": "x", "gross": "9"}, {"nobody": "x"}],
    ids=["none", "some", "another type", "unknown"],
)
async def test_parameters_that_a_template_does_not_have_are_refused(
    services: Services, params: dict[str, Any]
) -> None:
    with pytest.raises(TypeError, match="SALE"):
        await queue_mail(MailKind.SALE, "ines@example.org", "fr", "k", params)


def test_what_concerns_money_law_or_safety_cannot_be_turned_off() -> None:
    optional = {kind: rule.topic for kind, rule in MAIL_RULES.items() if rule.topic}

    assert optional == {
        MailKind.WELCOME: MailTopic.TIPS,
        MailKind.SALE: MailTopic.SALES,
        MailKind.FIRST_SALE: MailTopic.SALES,
        MailKind.TOKENS_USED: MailTopic.TOKENS,
        MailKind.AGENT_APPROVED: MailTopic.REVIEWS,
        MailKind.REVIEW_WRITTEN: MailTopic.REVIEWS,
        MailKind.NEW_VERSION: MailTopic.UPDATES,
    }
