"""What a creator is owed, and owes, in the books; and what Stripe holds for them."""

import asyncio

import msgspec

from chenu.accounts.actor import UserId
from chenu.agents.model import CreatorId
from chenu.billing import connect_accounts
from chenu.billing.gateway import StripeRefusal
from chenu.billing.payouts import MoneyAtStripe
from chenu.core.errors import ProviderUnavailable
from chenu.core.money import Cents
from chenu.flows.purchases.reversals import get_debt
from chenu.flows.services import Services
from chenu.ledger.accounts import creator_payable
from chenu.ledger.journal import get_cents

_PATIENCE_SECONDS = 3
"""A page waits no longer for what it can do without."""


class CreatorBalance(msgspec.Struct, frozen=True):
    """`pending`: shares of sales that are not transferred to Stripe yet; `debt`: what the next
    transfers are reduced by. Cents.
    """

    pending: Cents
    debt: Cents


async def get_creator_balance(creator_id: CreatorId) -> CreatorBalance:
    return CreatorBalance(await get_cents(creator_payable(creator_id)), await get_debt(creator_id))


async def find_money_at_stripe(services: Services, owner_id: UserId) -> MoneyAtStripe | None:
    """None without an open account there. Raises ProviderUnavailable if Stripe does not answer."""
    account = await connect_accounts.find_of_user(owner_id)
    if account is None or account.stripe_account_id is None or account.is_closed:
        return None
    stripe_id = account.stripe_account_id
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            return await services.money_at_stripe.get(stripe_id, lambda: _ask(services, stripe_id))
    except (TimeoutError, StripeRefusal) as error:
        raise ProviderUnavailable("The payment service does not answer at the moment") from error


async def _ask(services: Services, stripe_id: str) -> MoneyAtStripe:
    return await services.payouts.get_money(stripe_id)
