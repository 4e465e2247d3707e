"""The honest state of a purchase, for the page that the buyer returns to."""

from enum import StrEnum

import msgspec

from chenu.accounts.actor import AccountId
from chenu.agents.model import PurchaseId, PurchaseStatus
from chenu.agents.purchases import PurchaseRow, get_own_purchase
from chenu.flows.purchases.pages import PURCHASE_PAGES
from chenu.flows.services import Services


class PurchaseState(StrEnum):
    """What we can say for sure; CONFIRMING: Stripe did not answer, nobody should pay again."""

    PAID = "PAID"
    OPEN = "OPEN"
    DECLINED = "DECLINED"
    CONFIRMING = "CONFIRMING"
    CANCELED = "CANCELED"
    FAILED = "FAILED"
    RETURNED = "RETURNED"
    DISPUTED = "DISPUTED"


class PurchaseReport(msgspec.Struct, frozen=True):
    purchase: PurchaseRow
    state: PurchaseState


_BY_STATUS = {
    PurchaseStatus.CANCELED: PurchaseState.CANCELED,
    PurchaseStatus.FAILED: PurchaseState.FAILED,
    PurchaseStatus.REFUNDED: PurchaseState.RETURNED,
    PurchaseStatus.DISPUTED: PurchaseState.DISPUTED,
}


async def report_purchase(
    services: Services, account_id: AccountId, purchase_id: PurchaseId
) -> PurchaseReport:
    """Repair on read: while it is pending, Stripe is asked every few seconds at most.

    Who looks in between is told what we know. Raises NotFound for somebody else's.
    """
    purchase = await get_own_purchase(account_id, purchase_id)
    if not purchase.is_pending:
        return PurchaseReport(purchase, _describe(purchase))
    answer = await PURCHASE_PAGES.ask(services, purchase)
    state = PurchaseState.CONFIRMING if answer.is_confirming else _describe(answer.order)
    return PurchaseReport(answer.order, state)


def _describe(purchase: PurchaseRow) -> PurchaseState:
    if purchase.is_pending:
        return PurchaseState.DECLINED if purchase.failure_code else PurchaseState.OPEN
    if purchase.is_monthly and purchase.paid_at and purchase.status is PurchaseStatus.CANCELED:
        return PurchaseState.PAID  # it runs to its period's end
    return _BY_STATUS.get(purchase.status, PurchaseState.PAID)
