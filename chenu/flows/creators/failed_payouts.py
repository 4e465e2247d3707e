"""A payout that a creator's bank refused: they are told, since only they can mend it."""

from chenu.accounts.actor import UserId
from chenu.accounts.users import get_user
from chenu.billing.connect_accounts import find_by_stripe_id
from chenu.billing.gateway import StripeRefusal
from chenu.billing.inbox import InboxEvent
from chenu.billing.payout_words import failure_text
from chenu.billing.payouts import PayoutState, PayoutStatus
from chenu.core.i18n import known_locale, translate
from chenu.core.mail import MailKind, queue_mail
from chenu.core.sale_mail_params import PayoutFailedParams
from chenu.flows.event_types import EventOutcome
from chenu.flows.services import Services


async def follow_failed_payout(services: Services, event: InboxEvent) -> EventOutcome:
    """Asks Stripe what became of it: the event may be late, or somebody's invention."""
    account = await find_by_stripe_id(event.related_account or "")
    if account is None or account.stripe_account_id is None:
        return EventOutcome.IGNORED
    try:
        payout = await services.payouts.get_payout(account.stripe_account_id, event.object_id)
    except StripeRefusal as refusal:
        if not refusal.is_gone:
            raise
        return EventOutcome.IGNORED
    if payout.status is not PayoutStatus.FAILED:
        return EventOutcome.IGNORED
    await _mail_owner(account.owner_id, payout)
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
