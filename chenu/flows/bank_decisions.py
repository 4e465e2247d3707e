"""Whether a buyer's bank has, or had, a payment: Stripe refunds none of those.

A dispute that is won stays one of its charge: Stripe answers `charge_disputed` for ever, and a
refund could only be sent another way. An inquiry forbids nothing. docs/decisions/0055.
"""

from uuid import UUID

from chenu.agents.errors import Disputed, payment_disputed
from chenu.billing.disputes import DisputeRow, list_disputes_of_payment
from chenu.core.i18n import mark

_DECIDED = mark(
    "The buyer’s bank has decided about this payment, and Stripe refunds none of those: write to "
    "us if money is to go back all the same"
)


async def require_refundable(payment_id: UUID) -> None:
    """Raises Disputed, with what can be done about it."""
    forbidding = [each for each in await list_disputes_of_payment(payment_id) if _forbids(each)]
    if any(not each.status.is_closed for each in forbidding):
        raise payment_disputed()
    if forbidding:
        raise Disputed(_DECIDED)


def _forbids(dispute: DisputeRow) -> bool:
    return not dispute.is_refundable
