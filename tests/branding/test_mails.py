"""Mails of a brand: its name, host and sender; who sells is named where it is about money."""

from email.message import EmailMessage
from email.utils import parseaddr
from typing import Any
from uuid import UUID

import pytest

from chenu.accounts.actor import AccountRole
from chenu.accounts.users import add_member
from chenu.branding.sites import find_site_of, find_site_of_mail
from chenu.core import db
from chenu.core.i18n import LOCALES
from chenu.core.mail import MailRow, queue_mail
from chenu.core.mail_kinds import MAIL_RULES, MailKind, MailReason
from chenu.core.site import OUR_NAME, Site, showing
from chenu.flows.services import Services
from chenu.jobs.mail_samples import sample_row, samples_of
from chenu.jobs.mail_text import compose_mail
from tests.branding.branded import Branded, make_branded, put_to_sleep
from tests.people import make_member
from tests.rows import count

pytestmark = pytest.mark.long

URL = "https://chenu.example"
SITE = Site(
    account_id=UUID(int=1),
    origin="https://agents.acme.fr",
    name="R&D d'Acme",
    sender_name="Acme, Inc.",
    accent_light="#8a1c4a",
)
_OURS = {MailReason.CREATOR}


def _compose(row: MailRow) -> EmailMessage:
    return compose_mail(
        row,
        sender=f"{OUR_NAME} <no-reply@mail.example>",
        public_url=URL,
        secret=b"x" * 32,
        seller="Seller SAS",
    )


def _words(message: EmailMessage) -> str:
    return "\n".join(
        [str(message["Subject"]), str(message["From"])]
        + [part.get_content() for part in message.walk() if part.get_content_maintype() == "text"]
    )


@pytest.mark.parametrize("locale", LOCALES)
def test_no_mail_of_a_brand_has_a_word_of_ours(locale: Any) -> None:
    for kind in MailKind:
        if MAIL_RULES[kind].reason in _OURS:
            continue
        for params in samples_of(kind, locale):
            with showing(SITE):
                message = _compose(sample_row(kind, locale, params))
            words = _words(message)
            assert OUR_NAME not in words, kind
            assert URL not in words, kind
            assert "agents.acme.fr" in message["Message-ID"]
            assert "R&amp;D d&#39;Acme" in words
            assert ("Seller SAS" in words) is (MAIL_RULES[kind].reason is MailReason.CONTRACT), kind


def test_the_sender_is_the_brand_at_our_address() -> None:
    [params, *_] = samples_of(MailKind.WELCOME, "en")
    with showing(SITE):
        message = _compose(sample_row(MailKind.WELCOME, "en", params))

    assert parseaddr(str(message["From"])) == ("Acme, Inc.", "no-reply@mail.example")
    assert "#8a1c4a" in _words(message)


async def _site_of_last(services: Services) -> Site | None:
    row = await db.find_one(
        MailRow,
        "SELECT id, business_key, kind, to_address, locale, params::text AS params, state,"
        " attempts, created_at, site FROM outbox_mail ORDER BY id DESC LIMIT 1",
    )
    assert row is not None
    return await find_site_of_mail(URL, row)


async def _queue(kind: MailKind, to: str, site: Site | None = None) -> None:
    with showing(site):
        await queue_mail(kind, to, "en", f"{kind}:{to}", samples_of(kind, "en")[0])


@pytest.fixture
async def acme(services: Services) -> Branded:
    return await make_branded()


async def test_what_is_asked_for_on_a_site_comes_from_it(services: Services, acme: Branded) -> None:
    site = await find_site_of(URL, acme.account_id)
    await _queue(MailKind.PASSWORD_CHANGED, "stranger@example.org", site)
    asked = await _site_of_last(services)
    await put_to_sleep(acme)

    assert asked == site
    assert await count("outbox_mail", "site IS NOT NULL") == 1
    assert await _site_of_last(services) is None


async def test_what_a_member_asks_for_on_our_site_comes_from_us(
    services: Services, acme: Branded
) -> None:
    await _queue(MailKind.PASSWORD_CHANGED, acme.owner.email)

    assert await _site_of_last(services) is None


async def test_what_comes_by_itself_has_the_brand_of_whom_its_reader_belongs_to(
    services: Services, acme: Branded
) -> None:
    member = await make_member(acme.owner, "colleague", AccountRole.MEMBER)
    other = await make_branded("Borealis", "hub.borealis.fr")
    await _queue(MailKind.WEBHOOK_OFF, member.email)
    of_one = await _site_of_last(services)
    await add_member(other.account_id, member.user_id, AccountRole.MEMBER)

    assert of_one is not None
    assert of_one.name == "Acme"
    assert await _site_of_last(services) is None
