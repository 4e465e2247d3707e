"""The honest state of a purchase, for the page that the buyer returns to."""

from dataclasses import dataclass
from enum import StrEnum

from chenu.accounts.actor import AccountId
from chenu.agents.model import PurchaseId, PurchaseStatus
from chenu.agents.purchases import PurchaseRow, get_own_purchase
from chenu.core.errors import ProviderUnavailable
from chenu.flows.operations.runner import run_operation
from chenu.flows.purchases.checkout import find_opening, payment_key
from chenu.flows.services import Services
from chenu.ledger.operations import find_by_key


class PurchaseState(StrEnum):
    """What we can say for sure; CONFIRMING: Stripe did not answer, nobody should pay again."""

    PAID = "PAID"
    OPEN = "OPEN"
    DECLINED = "DECLINED"
    CONFIRMING = "CONFIRMING"
    CANCELED = "CANCELED"
    FAILED = "FAILED"
    RETURNED = "RETURNED"


@dataclass(frozen=True, slots=True)
class PurchaseReport:
    purchase: PurchaseRow
    state: PurchaseState


_BY_STATUS = {
    PurchaseStatus.CANCELED: PurchaseState.CANCELED,
    PurchaseStatus.FAILED: PurchaseState.FAILED,
    PurchaseStatus.REFUNDED: PurchaseState.RETURNED,
}


async def report_purchase(
    services: Services, account_id: AccountId, purchase_id: PurchaseId
) -> PurchaseReport:
    """Asks Stripe while it is pending: repair on read. Raises NotFound for somebody else's."""
    purchase = await get_own_purchase(account_id, purchase_id)
    if not purchase.is_pending:
        return PurchaseReport(purchase, _BY_STATUS.get(purchase.status, PurchaseState.PAID))
    try:
        await _ask_stripe(services, purchase_id)
    except ProviderUnavailable:
        return PurchaseReport(purchase, PurchaseState.CONFIRMING)
    purchase = await get_own_purchase(account_id, purchase_id)
    return PurchaseReport(purchase, _describe(purchase))


async def _ask_stripe(services: Services, purchase_id: PurchaseId) -> None:
    opening = await find_opening(purchase_id)
    if opening is not None:
        await run_operation(services, opening.id)
    payment = await find_by_key(payment_key(purchase_id))
    if payment is not None:
        await run_operation(services, payment.id)


def _describe(purchase: PurchaseRow) -> PurchaseState:
    if purchase.is_pending:
        return PurchaseState.DECLINED if purchase.failure_code else PurchaseState.OPEN
    return _BY_STATUS.get(purchase.status, PurchaseState.PAID)
