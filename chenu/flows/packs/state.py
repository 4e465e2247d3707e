"""What became of a payment page for a pack, as the page says it that the buyer returns to."""

from enum import StrEnum

import msgspec

from chenu.accounts.actor import AccountId
from chenu.flows.packs.pages import PACK_PAGES
from chenu.flows.services import Services
from chenu.tokens.pack_orders import (
    PackOrderId,
    PackOrderRow,
    PackOrderStatus,
    get_own_pack_order,
)


class PackState(StrEnum):
    """What is known for sure; CONFIRMING: Stripe did not answer, nobody should pay again."""

    PAID = "PAID"
    OPEN = "OPEN"
    CONFIRMING = "CONFIRMING"
    CANCELED = "CANCELED"
    FAILED = "FAILED"


class PackReport(msgspec.Struct, frozen=True):
    order: PackOrderRow
    state: PackState


_BY_STATUS = {
    PackOrderStatus.PENDING: PackState.OPEN,
    PackOrderStatus.PAID: PackState.PAID,
    PackOrderStatus.CANCELED: PackState.CANCELED,
    PackOrderStatus.FAILED: PackState.FAILED,
}


async def report_pack_order(
    services: Services, account_id: AccountId, order_id: PackOrderId
) -> PackReport:
    """Repair on read: while it is pending, Stripe is asked every few seconds at most.

    Raises NotFound for another account's.
    """
    order = await get_own_pack_order(account_id, order_id)
    answer = await PACK_PAGES.ask(services, order)
    state = PackState.CONFIRMING if answer.is_confirming else _BY_STATUS[answer.order.status]
    return PackReport(answer.order, state)
