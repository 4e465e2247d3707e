"""The mail about a dispute that its creator has not answered, two days before its last day."""

from datetime import timedelta

from chenu.billing.disputes import DisputeRow, list_due_disputes, mark_reminded
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.mail import MailKind
from chenu.flows.disputes.mails import mail_creator
from chenu.flows.operations.repair import repair_one
from chenu.flows.services import Services

_BEFORE = timedelta(days=2)


async def remind_of_disputes(services: Services) -> None:
    """One that fails does not stop others."""
    for dispute in await list_due_disputes(business_now() + _BEFORE):
        await repair_one(_remind(dispute), dispute=str(dispute.id))


@db.transactional
async def _remind(dispute: DisputeRow) -> None:
    if await mark_reminded(dispute.id):
        await mail_creator(dispute, MailKind.DISPUTE_DUE)
