"""A refund of a sale that one person of the desk asked for, and nobody has decided about."""

from chenu.accounts.actor import Staff
from chenu.agents.payments import list_payments
from chenu.agents.purchases import PurchaseRow
from chenu.agents.refund_requests import (
    SaleRequestId,
    SaleRequestRow,
    SaleRequestState,
    insert_sale_request,
)
from chenu.core.clock import business_now
from chenu.core.ids import new_id
from chenu.core.money import Cents
from tests.people import make_person


async def ask_for_sale_refund(purchase: PurchaseRow, by: str = "returning") -> object:
    """A cent of the sale, which waits for a second person."""
    colleague = await make_person(by, staff=(Staff.SUPPORT,))
    [payment] = await list_payments([purchase.id])
    row = SaleRequestRow(
        id=SaleRequestId(new_id()),
        payment_id=payment.id,
        purchase_id=purchase.id,
        account_id=purchase.account_id,
        amount=Cents(1),
        reason="Agreed by phone.",
        state=SaleRequestState.WAITING,
        requested_by=colleague.user_id,
        decided_by=None,
        decision_reason=None,
        refund_id=None,
        created_at=business_now(),
        decided_at=None,
    )
    await insert_sale_request(row)
    return row.id
