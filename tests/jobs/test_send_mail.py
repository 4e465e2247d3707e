"""Sending a mail of the outbox to a real SMTP server: once, with retries, then given up."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from chenu.core import db
from chenu.core.business_clock import advance_clock
from chenu.core.clock import business_now
from chenu.core.errors import Unavailable
from chenu.core.mail import queue_mail
from chenu.core.mail_kinds import MailKind
from chenu.demo.processes import free_port
from chenu.flows.services import Services
from chenu.jobs.mail_text import message_id
from chenu.jobs.mail_transport import FolderTransport, MailTransport, SmtpTransport, make_transport
from chenu.jobs.send_mail import send_mail
from chenu.settings import SettingError
from tests.conftest import with_settings
from tests.jobs.outbox import SALE, look, queue_sale
from tests.jobs.smtp import MailServer, serve_mail
from tests.rows import count, fingerprint


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    async with serve_mail() as mail_server:
        yield mail_server


async def send(services: Services, server: MailServer) -> None:
    await send_mail(services.settings, SmtpTransport(server.url), (await look()).id)


async def test_a_mail_is_sent_whole_and_marked(services: Services, server: MailServer) -> None:
    await queue_sale()

    await send(services, server)

    [message] = server.messages
    assert message["To"] == "ines@example.org"
    assert message["From"] == services.settings.mail_from
    assert message["Subject"].startswith("Vendu")
    assert message["Content-Language"] == "fr"
    assert message["Auto-Submitted"] == "auto-generated"
    assert abs(parsedate_to_datetime(message["Date"]) - business_now()) < timedelta(minutes=1)
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert "7,00\u00a0€" in plain.get_content()
    assert "<p>" in html.get_content()
    assert (await look()).state == "SENT"


async def test_a_mail_that_was_sent_is_not_sent_again(
    services: Services, server: MailServer
) -> None:
    await queue_sale()
    await send(services, server)
    before = await fingerprint()

    await send(services, server)

    assert len(server.messages) == 1
    assert await fingerprint() == before


async def test_senders_at_once_send_one(services: Services, server: MailServer) -> None:
    await queue_sale()

    await asyncio.gather(*(send(services, server) for _ in range(8)))

    assert len(server.messages) == 1


async def test_the_message_id_comes_from_the_business_key_alone() -> None:
    ids = [
        message_id(key, url)
        for key, url in [
            ("receipt:1", "https://chenu.example"),
            ("receipt:1", "https://chenu.example/"),
            ("receipt:2", "https://chenu.example"),
        ]
    ]

    assert ids[0] == ids[1] != ids[2]
    assert ids[0].endswith("@chenu.example>")


async def test_a_retry_is_the_same_mail_to_every_mailbox(
    services: Services, server: MailServer
) -> None:
    """The server had taken it, its answer was lost: a second copy has the same Message-ID."""
    await queue_sale()
    server.breaks_off = True
    with pytest.raises(Unavailable):
        await send(services, server)
    server.breaks_off = False

    await send(services, server)

    assert len(server.messages) == 2
    assert len({message["Message-ID"] for message in server.messages}) == 1
    assert len({message["Date"] for message in server.messages}) == 1
    sent = await look()
    assert (sent.state, sent.attempts, sent.last_error) == ("SENT", 1, None)


@pytest.mark.parametrize(
    ("on_recipient", "on_data"),
    [("450 busy", "250 ok"), ("250 ok", "451 later"), ("250 ok", "554 not now")],
    ids=["recipient", "mail", "content"],
)
async def test_a_refusal_that_may_pass_is_tried_again(
    services: Services, server: MailServer, on_recipient: str, on_data: str
) -> None:
    await queue_sale()
    server.on_recipient, server.on_data = on_recipient, on_data

    with pytest.raises(Unavailable):
        await send(services, server)

    waiting = await look()
    assert (waiting.state, waiting.attempts) == ("QUEUED", 1)
    assert waiting.last_error


async def test_an_address_that_there_is_not_is_given_up_at_once(
    services: Services, server: MailServer
) -> None:
    await queue_sale()
    server.on_recipient = "550 no such mailbox"

    await send(services, server)

    given_up = await look()
    assert given_up.state == "FAILED"
    assert "550" in (given_up.last_error or "")
    assert server.messages == []


async def test_without_a_server_a_mail_waits_for_a_day_and_no_longer(services: Services) -> None:
    mail_id = await queue_sale()
    transport = SmtpTransport(f"smtp://127.0.0.1:{free_port()}")
    states = []
    for hours in (0, 23, 2):
        await advance_clock(timedelta(hours=hours))
        try:
            await send_mail(services.settings, transport, mail_id)
            states.append((await look()).state)
        except Unavailable:
            states.append("tried again")

    assert states == ["tried again", "tried again", "FAILED"]


async def test_the_name_and_password_of_the_address_are_decoded(
    services: Services, server: MailServer
) -> None:
    await queue_sale()
    url = f"smtp://us%40er:p%2Fw%3A@127.0.0.1:{server.port}"

    await send_mail(services.settings, SmtpTransport(url), (await look()).id)

    assert server.logins == [("us@er", "p/w:")]
    assert len(server.messages) == 1


async def test_a_folder_holds_one_file_a_mail(services: Services, tmp_path: Path) -> None:
    await queue_sale()
    transport = FolderTransport(tmp_path / "mails")
    await send_mail(services.settings, transport, (await look()).id)
    await db.execute("UPDATE outbox_mail SET state = 'QUEUED'")

    await send_mail(services.settings, transport, (await look()).id)

    [path] = (tmp_path / "mails").iterdir()
    assert path.suffix == ".eml"
    assert "ines@example.org" in path.read_text()


@pytest.mark.parametrize(
    ("smtp_url", "folder", "kind"),
    [
        ("smtp://mail.example:587", None, SmtpTransport),
        ("smtp://mail.example:587", "mails", SmtpTransport),
        (None, "mails", FolderTransport),
    ],
)
async def test_mails_leave_by_smtp_where_it_is_configured(
    services: Services, smtp_url: str | None, folder: str | None, kind: type[MailTransport]
) -> None:
    settings = with_settings(services, smtp_url=smtp_url, mail_folder=folder).settings

    assert type(make_transport(settings)) is kind


async def test_without_either_a_worker_says_what_to_set(services: Services) -> None:
    settings = with_settings(services, smtp_url=None, mail_folder=None).settings

    with pytest.raises(SettingError, match="SMTP_URL"):
        make_transport(settings)


@pytest.mark.parametrize(
    ("email", "queued"),
    [
        ("deleted-7@deleted.invalid", 0),
        ("ines@example.org", 1),
        ("deleted.invalid@example.org", 1),
    ],
)
async def test_nothing_is_mailed_to_a_pseudonym(
    services: Services, email: str, queued: int
) -> None:
    await queue_mail(MailKind.SALE, email, "fr", "sale:pseudonym", SALE)

    assert await count("outbox_mail") == queued
