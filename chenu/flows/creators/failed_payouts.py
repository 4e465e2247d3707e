"""A payout that a creator's bank refused: they are told, since only they can mend it."""

from chenu.accounts.actor import UserId
from chenu.accounts.users import get_user
from chenu.billing.inbox import InboxEvent
from chenu.billing.payout_words import failure_text
from chenu.billing.payouts import PayoutState, PayoutStatus
from chenu.core.i18n import known_locale, translate
from chenu.core.mail import MailKind, queue_mail
from chenu.core.sale_mail_params import PayoutFailedParams
from chenu.flows.creators.asked_payouts import find_payout
from chenu.flows.event_types import EventOutcome
from chenu.flows.services import Services


async def follow_failed_payout(services: Services, event: InboxEvent) -> EventOutcome:
    payout = await find_payout(services, event)
    if payout is None or payout.state.status is not PayoutStatus.FAILED:
        return EventOutcome.IGNORED
    await _mail_owner(payout.owner_id, payout.state)
    return EventOutcome.HANDLED


async def _mail_owner(owner_id: UserId, payout: PayoutState) -> None:
    owner = await get_user(owner_id)
    locale = known_locale(owner.locale)
    params = PayoutFailedParams(
        name=owner.mail_name,
        amount=payout.amount,
        reason=translate(locale, failure_text(payout.failure_code)),
    )
    key = f"payout-failed:{payout.id}"
    await queue_mail(MailKind.PAYOUT_FAILED, owner.email, locale, key, params)
