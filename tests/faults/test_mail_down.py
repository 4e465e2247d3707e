"""F16: the mail server is down for an hour. The sale stands, and each mail arrives, once.

Twice only where the server took a mail and its answer was lost: with the same Message-ID and date,
by which mailboxes know it.
"""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from chenu.core import mail
from chenu.core.clock import CLOCK, system_now
from chenu.core.errors import Unavailable
from chenu.demo.processes import free_port
from chenu.flows.services import Services
from chenu.jobs import mail_transport
from chenu.jobs.mail_transport import SmtpTransport
from chenu.jobs.send_mail import send_mail
from tests.faults.books import require_true_books
from tests.faults.mischief import Mischief, open_mischief
from tests.flows.plans import complete, put_plans, start
from tests.flows.sales import make_sale
from tests.jobs.smtp import MailServer, serve_mail
from tests.people import make_person
from tests.rows import count, put

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

TURN = timedelta(minutes=10)


@pytest.fixture
async def stripe(services: Services) -> AsyncIterator[Mischief]:
    async with open_mischief(services) as side:
        await side.reset()
        yield side
        await side.reset()


def _break(server: MailServer, how: str, patience: pytest.MonkeyPatch) -> str:
    """Where mails are sent while it lasts."""
    if how == "nobody listens":
        return f"smtp://127.0.0.1:{free_port()}"
    if how == "refuses recipients":
        server.on_recipient = "450 try later"
    elif how == "refuses content":
        server.on_data = "554 not now"
    elif how == "dies after the mail":
        server.breaks_off = True
    else:
        patience.setattr(mail_transport, "_PATIENCE_SECONDS", 0.2)
        server.may_answer.clear()
    return server.url


def _repair(server: MailServer, patience: pytest.MonkeyPatch) -> None:
    server.on_recipient = server.on_data = "250 ok"
    server.breaks_off = False
    patience.undo()
    server.may_answer.set()


async def _sell(services: Services) -> None:
    """An agent and a plan: their mails wait from then on."""
    await put_plans(services)
    person = await make_person("zoe")
    await complete(services, await start(services, person.actor))
    await make_sale(services)


@pytest.mark.parametrize(
    "how",
    [
        "nobody listens",
        "refuses recipients",
        "refuses content",
        "dies after the mail",
        "answers too late",
    ],
)
async def test_mail_down_for_an_hour_each_arrives_once(
    services: Services, stripe: Mischief, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _sell(services)
    mails = await mail.list_unsent()
    async with serve_mail() as server:
        down = SmtpTransport(_break(server, how, monkeypatch))
        for _ in range(6):
            for mail_id in mails:
                with pytest.raises(Unavailable):
                    await send_mail(services.settings, down, mail_id)
            CLOCK.move_to_offset(CLOCK.offset + TURN)
        assert await count("outbox_mail", "state = 'QUEUED' AND attempts = 6") == len(mails) >= 3
        await require_true_books()
        _repair(server, monkeypatch)
        before = len(server.messages)
        await put("outbox_mail", "next_attempt_at", system_now())
        for mail_id in await mail.list_unsent():
            await send_mail(services.settings, SmtpTransport(server.url), mail_id)

    arrived = server.messages[before:]
    assert len({message["Message-ID"] for message in arrived}) == len(arrived) == len(mails)
    every = {(message["Message-ID"], message["Date"]) for message in server.messages}
    assert len(every) == len(mails)
    assert await count("outbox_mail", "state = 'SENT'") == len(mails)
    assert await mail.list_unsent() == []
