"""The honest state of a purchase, for the page that the buyer returns to."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from chenu.accounts.actor import AccountId
from chenu.agents.model import PurchaseId, PurchaseStatus
from chenu.agents.purchases import PurchaseRow, claim_question, get_own_purchase
from chenu.core.errors import ProviderUnavailable
from chenu.flows.operations.runner import run_operation
from chenu.flows.purchases.checkout import find_opening, payment_key
from chenu.flows.services import Services
from chenu.ledger.operations import OperationRow, find_by_key

_ASKED_EVERY = timedelta(seconds=3)


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
    """Repair on read: while it is pending, Stripe is asked every few seconds at most.

    Who looks in between is told what we know. Raises NotFound for somebody else's.
    """
    purchase = await get_own_purchase(account_id, purchase_id)
    if not purchase.is_pending:
        return PurchaseReport(purchase, _BY_STATUS.get(purchase.status, PurchaseState.PAID))
    opening, payment = await _find_operations(purchase_id)
    if not await _may_ask(services, purchase_id):
        is_unknown = any(row is not None and row.is_unknown for row in (opening, payment))
        state = PurchaseState.CONFIRMING if is_unknown else _describe(purchase)
        return PurchaseReport(purchase, state)
    try:
        if opening is not None:
            await run_operation(services, opening.id)
            payment = await find_by_key(payment_key(purchase_id))
        if payment is not None:
            await run_operation(services, payment.id)
    except ProviderUnavailable:
        return PurchaseReport(purchase, PurchaseState.CONFIRMING)
    purchase = await get_own_purchase(account_id, purchase_id)
    return PurchaseReport(purchase, _describe(purchase))


async def _find_operations(
    purchase_id: PurchaseId,
) -> tuple[OperationRow | None, OperationRow | None]:
    return await find_opening(purchase_id), await find_by_key(payment_key(purchase_id))


async def _may_ask(services: Services, purchase_id: PurchaseId) -> bool:
    """Once in a few seconds for all who look, in whichever process."""
    if not services.settings.cache_seconds:  # tests look at what they just changed
        return True
    return await claim_question(purchase_id, _ASKED_EVERY)


def _describe(purchase: PurchaseRow) -> PurchaseState:
    if purchase.is_pending:
        return PurchaseState.DECLINED if purchase.failure_code else PurchaseState.OPEN
    return _BY_STATUS.get(purchase.status, PurchaseState.PAID)
