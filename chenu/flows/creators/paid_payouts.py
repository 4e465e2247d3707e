"""A payout that has reached a bank: programs of the creator's account hear of it."""

from chenu.accounts.actor import AccountId, UserId
from chenu.accounts.queries import get_personal_account
from chenu.agents.queries import find_creator_of
from chenu.billing.inbox import InboxEvent
from chenu.billing.payouts import PayoutStatus
from chenu.core import db
from chenu.flows.creators.asked_payouts import find_payout
from chenu.flows.event_types import EventOutcome
from chenu.flows.services import Services
from chenu.flows.webhooks.facts import tell_of_bank_payout


async def follow_paid_payout(services: Services, event: InboxEvent) -> EventOutcome:
    payout = await find_payout(services, event)
    if payout is None or payout.state.status is not PayoutStatus.PAID:
        return EventOutcome.IGNORED
    account_id = await _get_account(payout.owner_id)
    await db.run_in_transaction(lambda: tell_of_bank_payout(account_id, payout.state))
    return EventOutcome.HANDLED


async def _get_account(owner_id: UserId) -> AccountId:
    """The creator's; an affiliate who sells nothing has a personal one."""
    creator = await find_creator_of(owner_id)
    return creator.account_id if creator else await get_personal_account(owner_id)
