"""F16: no room for an invoice's PDF, and SMTP down for an hour: the sale completes nevertheless.

Its mail is sent once, later, and the PDF is stored when there is room again.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import asyncpg
import pytest

from chenu.core import mail
from chenu.core.clock import CLOCK, system_now
from chenu.core.errors import Unavailable
from chenu.demo.processes import free_port
from chenu.flows.operations.repair import repair_due
from chenu.flows.services import Services
from chenu.jobs.mail_transport import SmtpTransport
from chenu.jobs.send_mail import send_mail
from chenu.ledger.open_operations import list_open
from tests.conftest import Engines
from tests.faults.books import require_true_books
from tests.faults.counts import runs
from tests.flows.plans import complete, open_plans, start, tier_of
from tests.jobs.smtp import MailServer, serve_mail
from tests.rows import count, put, unguarded
from tests.stripe_side import StripeSide

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

DOWN = SmtpTransport(f"smtp://127.0.0.1:{free_port()}")


@asynccontextmanager
async def no_room(engines: Engines) -> AsyncIterator[None]:
    """As a full disk answers, for documents alone: they are the large rows."""
    async with unguarded(engines) as connection:
        await connection.execute("""
            CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE EXCEPTION 'no space left on device' USING ERRCODE = '53100'; END $$;
            CREATE TRIGGER no_room BEFORE INSERT ON billing_document
                FOR EACH ROW EXECUTE FUNCTION no_room();
        """)
        try:
            yield
        finally:
            await connection.execute("DROP FUNCTION no_room CASCADE")


async def send_waiting(services: Services, transport: SmtpTransport) -> None:
    for mail_id in await mail.list_unsent():
        with suppress(Unavailable):
            await send_mail(services.settings, transport, mail_id)


async def look_again(services: Services) -> None:
    """Repair, more than an hour later."""
    CLOCK.move_to_offset(CLOCK.offset + timedelta(minutes=70))
    await put("operation", "next_check_at", system_now(), "state IN ('INTENT', 'UNKNOWN')")
    await put("outbox_mail", "next_attempt_at", system_now(), "state = 'QUEUED'")
    await repair_due(services)


def invoices_in(server: MailServer) -> list[bool]:
    """For each mail with an invoice, whether its PDF is attached."""
    found = [message for message in server.messages if "facture" in message["Subject"]]
    return [any(True for _ in message.iter_attachments()) for message in found]


@pytest.mark.parametrize("has_room_first", [True, False], ids=["room first", "SMTP first"])
@pytest.mark.parametrize("attempt", range(runs(5)))
async def test_a_sale_completes_and_its_invoice_is_mailed_once_and_stored_later(
    services: Services,
    stripe_side: StripeSide,
    engines: Engines,
    has_room_first: bool,
    attempt: int,
) -> None:
    await stripe_side.reset()
    person = await open_plans(services)

    async with serve_mail() as server:
        async with no_room(engines):
            with suppress(asyncpg.DiskFullError):
                await complete(services, await start(services, person.actor))
            assert await tier_of(person) == "STARTER"
            await look_again(services)
            await send_waiting(services, DOWN)
            if not has_room_first:
                await look_again(services)
                await send_waiting(services, SmtpTransport(server.url))
        assert await count("billing_document") == 0

        for _ in range(2):
            await look_again(services)
            await send_waiting(services, SmtpTransport(server.url))

        assert invoices_in(server) == [has_room_first]
    assert await count("billing_document") == 1
    assert await count("outbox_mail", "kind = 'INVOICE' AND state = 'SENT'") == 1
    assert await list_open() == []
    await require_true_books()
