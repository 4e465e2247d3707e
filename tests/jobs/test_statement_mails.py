"""The mail of an affiliate's payout: its statement is attached, waited for, or only linked."""

from datetime import timedelta
from email.message import EmailMessage

import pytest

from chenu.core.clock import business_now
from chenu.core.errors import Unavailable
from chenu.flows.services import Services
from chenu.jobs.send_mail import send_mail
from storefront import pdf_process
from storefront.affiliate_statement import StatementPdfs
from storefront.pdf_documents import PdfDocuments
from tests.affiliates.paid import Earning, fund, open_earning
from tests.affiliates.test_payouts import pay
from tests.jobs.outbox import Sent, look
from tests.rows import put
from tests.storefront.test_pdf_documents import _pango as _pango
from tests.storefront.test_pdf_documents import needs_pango, program
from tests.stripe_side import StripeSide

READABLE = "import sys; sys.stdout.write('%PDF-1.7 ' + sys.stdin.read())"
BROKEN = "import sys; sys.exit(1)"
NOT_INSTALLED = f"import sys; sys.exit({pdf_process.NOT_INSTALLED})"


class Postbox:
    """A transport that holds what it was given."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []

    async def send(self, message: EmailMessage) -> None:
        self.messages.append(message)


@pytest.fixture
def postbox() -> Postbox:
    return Postbox()


@pytest.fixture
async def earning(services: Services, stripe_side: StripeSide) -> Earning:
    """Paid, and the mail waits."""
    found = await open_earning(services, 7920)
    await fund(stripe_side)
    await pay(services)
    await put("outbox_mail", "locale", "en", "kind = 'AFFILIATE_PAID'")
    return found


async def find_mail(earning: Earning) -> Sent:
    return await look(f"affiliate-paid:{(await earning.payout()).id}")


async def send(services: Services, earning: Earning, postbox: Postbox, pdfs: PdfDocuments) -> None:
    make = StatementPdfs(services.settings.company, pdfs).make
    await send_mail(services.settings, postbox, (await find_mail(earning)).id, make)


@needs_pango
async def test_the_statement_is_attached_as_a_pdf(
    services: Services, earning: Earning, postbox: Postbox
) -> None:
    await send(services, earning, postbox, PdfDocuments())

    [attached] = postbox.messages[0].iter_attachments()
    assert attached.get_content_type() == "application/pdf"
    assert attached.get_filename() == f"statement-{(await earning.payout()).number}.pdf"
    assert attached.get_content().startswith(b"%PDF-")


async def test_it_is_in_the_language_of_the_mail_and_lists_the_commissions(
    services: Services, earning: Earning, postbox: Postbox
) -> None:
    await put("outbox_mail", "locale", "fr", "kind = 'AFFILIATE_PAID'")

    await send(services, earning, postbox, program(READABLE))

    [message] = postbox.messages
    [attached] = message.iter_attachments()
    body = message.get_body(("plain",))
    assert body is not None
    said = attached.get_content().decode()
    number = (await earning.payout()).number
    assert attached.get_filename() == f"releve-{number}.pdf"
    assert "79,20\u00a0€" in said
    assert earning.affiliate.code in said
    assert "en pièce jointe" in body.get_content()


async def test_while_it_cannot_be_made_the_mail_waits(
    services: Services, earning: Earning, postbox: Postbox
) -> None:
    with pytest.raises(Unavailable):
        await send(services, earning, postbox, program(BROKEN))
    waiting = await find_mail(earning)

    await send(services, earning, postbox, program(READABLE))

    assert (waiting.state, waiting.attempts, waiting.last_error) == ("QUEUED", 1, "Unavailable")
    assert (await find_mail(earning)).state == "SENT"
    assert [len(list(message.iter_attachments())) for message in postbox.messages] == [1]


@pytest.mark.parametrize(
    ("reason", "hours"), [(BROKEN, 13), (NOT_INSTALLED, 0)], ids=["for long", "not installed"]
)
async def test_whoever_was_paid_has_the_mail_though_no_pdf_can_be_made(
    services: Services, earning: Earning, postbox: Postbox, reason: str, hours: int
) -> None:
    await put("outbox_mail", "created_at", business_now() - timedelta(hours=hours))

    await send(services, earning, postbox, program(reason))

    [message] = postbox.messages
    body = message.get_body(("plain",))
    assert body is not None
    assert list(message.iter_attachments()) == []
    assert "/affiliate/statements/" in body.get_content()
    assert "attached" not in body.get_content()
