"""What a creator is told of a dispute: opened, its last day, won, lost."""

from chenu.accounts.users import get_user
from chenu.agents.model import PaymentId, PurchaseId
from chenu.agents.purchases import get_purchase
from chenu.agents.queries import find_agent, find_creator
from chenu.billing.dispute_states import DisputeStatus
from chenu.billing.dispute_words import reason_text
from chenu.billing.disputes import DisputeRow
from chenu.core.dispute_mail_params import DisputeParams
from chenu.core.errors import NotFound
from chenu.core.i18n import known_locale, translate
from chenu.core.mail import MailKind, queue_mail
from chenu.flows.disputes.returns import find_return

_ENDS = {
    DisputeStatus.WON: MailKind.DISPUTE_WON,
    DisputeStatus.WARNING_CLOSED: MailKind.DISPUTE_WON,
    DisputeStatus.LOST: MailKind.DISPUTE_LOST,
}


async def mail_progress(before: DisputeRow | None, dispute: DisputeRow) -> None:
    """Once for each change: its beginning, an inquiry that became a dispute, its end."""
    if before is not None and before.status is dispute.status:
        return
    if before is None and not dispute.status.is_closed:
        await mail_creator(dispute, MailKind.DISPUTE_OPENED)
    elif dispute.status in _ENDS:
        await mail_creator(dispute, _ENDS[dispute.status])
    elif before is not None and dispute.status.takes_evidence:
        await mail_creator(dispute, MailKind.DISPUTE_OPENED)


async def mail_creator(dispute: DisputeRow, kind: MailKind) -> None:
    """Disputes of plans and packs, and of payments that bought nothing, are ours alone."""
    if dispute.purchase_id is None or await find_return(PaymentId(dispute.payment_id)) is not None:
        return
    purchase = await get_purchase(PurchaseId(dispute.purchase_id))
    creator, agent = await find_creator(purchase.creator_id), await find_agent(purchase.agent_id)
    if creator is None or agent is None:
        raise NotFound("There is no such creator")
    owner = await get_user(creator.owner_id)
    locale = known_locale(owner.locale)
    params = DisputeParams(
        name=owner.mail_name,
        agent=agent.text(locale).name,
        amount=dispute.amount,
        reason=translate(locale, reason_text(dispute.reason)),
        is_inquiry=dispute.status.is_inquiry,
        due_at=dispute.due_by.isoformat() if dispute.due_by else None,
        purchase=str(purchase.id),
    )
    key = f"dispute:{dispute.id}:{kind.value.lower()}:{dispute.status.value.lower()}"
    await queue_mail(kind, owner.email, locale, key, params)
