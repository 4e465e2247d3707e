"""Sends one mail of the outbox: claimed, sent outside any transaction, then marked."""

from datetime import timedelta
from uuid import UUID

import structlog

from chenu.branding.sites import find_site_of_mail
from chenu.core import mail
from chenu.core.clock import business_now
from chenu.core.crash_points import crash_point
from chenu.core.errors import Unavailable
from chenu.core.mail import MailRow
from chenu.core.site import OUR_NAME, showing
from chenu.jobs.mail_documents import MakeStatement, find_attachment
from chenu.jobs.mail_text import compose_mail
from chenu.jobs.mail_transport import MailError, MailTransport
from chenu.settings import Settings

log = structlog.get_logger(__name__)

GIVE_UP_AFTER = timedelta(hours=24)


async def send_mail(
    settings: Settings,
    transport: MailTransport,
    mail_id: UUID,
    make_statement: MakeStatement | None = None,
) -> None:
    """Raises the reason if it has to be retried. Without `make_statement` no mail has one."""
    async with mail.claim(mail_id) as row:
        if row is not None:
            await _send(settings, transport, row, make_statement)


async def _send(
    settings: Settings,
    transport: MailTransport,
    row: MailRow,
    make_statement: MakeStatement | None,
) -> None:
    try:
        attached = await find_attachment(row, make_statement)
        with showing(await find_site_of_mail(settings.public_url, row)):
            message = compose_mail(
                row,
                sender=settings.mail_from,
                public_url=settings.public_url,
                secret=settings.secret,
                attached=attached,
                seller=settings.company.name or OUR_NAME,
            )
        crash_point("mail.before_send")
        await transport.send(message)
    except MailError as error:
        if await _release(row, str(error), final=error.final):
            return
        raise Unavailable("The mail could not be sent yet") from error
    except Exception as error:
        if await _release(row, type(error).__name__, final=False):
            log.exception("mail_broke", kind=row.kind)
            return
        raise
    crash_point("mail.after_send")
    await mail.mark_sent(row.id)


async def _release(row: MailRow, error: str, *, final: bool) -> bool:
    """Schedules another attempt, or gives up: True."""
    final = final or business_now() - row.created_at > GIVE_UP_AFTER
    await mail.release(row.id, error, final=final)
    log.warning("mail_not_sent", kind=row.kind, error=error, final=final)
    return final
