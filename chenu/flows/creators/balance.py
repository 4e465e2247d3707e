"""What a creator is owed, and owes, in the books."""

from dataclasses import dataclass

from chenu.agents.model import CreatorId
from chenu.core.money import Cents
from chenu.flows.purchases.reversals import get_debt
from chenu.ledger.accounts import creator_payable
from chenu.ledger.journal import get_cents


@dataclass(frozen=True, slots=True)
class CreatorBalance:
    """`pending`: shares of sales that are not transferred to Stripe yet; `debt`: what the next
    transfers are reduced by. Cents.
    """

    pending: Cents
    debt: Cents


async def get_creator_balance(creator_id: CreatorId) -> CreatorBalance:
    return CreatorBalance(await get_cents(creator_payable(creator_id)), await get_debt(creator_id))
