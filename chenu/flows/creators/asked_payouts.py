"""The payout that an event of Stripe's is about, as Stripe says it now."""

import msgspec

from chenu.accounts.actor import UserId
from chenu.billing.connect_accounts import find_by_stripe_id
from chenu.billing.gateway import StripeRefusal
from chenu.billing.inbox import InboxEvent
from chenu.billing.payouts import PayoutState
from chenu.flows.services import Services


class AskedPayout(msgspec.Struct, frozen=True):
    owner_id: UserId
    state: PayoutState


async def find_payout(services: Services, event: InboxEvent) -> AskedPayout | None:
    """Asks Stripe: the event may be late, or somebody's invention. None for what is not ours."""
    account = await find_by_stripe_id(event.related_account or "")
    if account is None or account.stripe_account_id is None:
        return None
    try:
        state = await services.payouts.get_payout(account.stripe_account_id, event.object_id)
    except StripeRefusal as refusal:
        if not refusal.is_gone:
            raise
        return None
    return AskedPayout(account.owner_id, state)
