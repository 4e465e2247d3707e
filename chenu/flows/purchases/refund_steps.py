"""A refund of ours on its way: made by Stripe, refused by it, or tried again by an operator."""

from chenu.agents.payments import get_payment
from chenu.agents.purchases import get_purchase
from chenu.agents.refunds import (
    RefundId,
    SaleRefundRow,
    SaleRefundState,
    get_sale_refund,
    mark_sale_refund,
    settle_sale_refund,
)
from chenu.core.errors import InvalidState
from chenu.flows.purchases.refund_books import (
    book_arrival,
    book_refund,
    end_refunded,
    put_back,
)
from chenu.flows.purchases.refund_mails import mail_failed_refund, mail_refund
from chenu.flows.webhooks.facts import tell_of_sale_refund
from chenu.ledger.accounts import BUYER_PAYMENTS, BUYER_REFUNDS_DUE
from chenu.ledger.operations import OperationRow


async def settle_own_refund(refund_id: RefundId, stripe_refund_id: str) -> None:
    """In the settle transaction of its operation."""
    refund = await get_sale_refund(refund_id)
    purchase = await get_purchase(refund.purchase_id, lock=True)
    await settle_sale_refund(refund.id, stripe_refund_id)
    await book_arrival(await get_payment(refund.payment_id), refund, stripe_refund_id)
    await end_refunded(purchase)
    await mail_refund(purchase, refund)
    await tell_of_sale_refund(refund, stripe_refund_id)


async def undo_own_refund(refund_id: RefundId, operation: OperationRow) -> None:
    """Stripe said no: nothing of it has happened."""
    refund = await get_sale_refund(refund_id)
    purchase = await get_purchase(refund.purchase_id, lock=True)
    if await mark_sale_refund(refund.id, SaleRefundState.FAILED):
        key = f"refund-refused:{refund.id}:{operation.key_number}"
        await put_back(purchase, refund, BUYER_REFUNDS_DUE, key)


async def take_own_refund_again(refund_id: RefundId, operation: OperationRow) -> None:
    refund = await get_sale_refund(refund_id)
    purchase = await get_purchase(refund.purchase_id, lock=True)
    payment = await get_payment(refund.payment_id)
    if payment.left < refund.amount:
        raise InvalidState("Less than that is left of this payment")
    if await mark_sale_refund(refund.id, SaleRefundState.REQUESTED):
        await book_refund(purchase, refund, f":{operation.key_number + 1}")


async def fail_refund(refund: SaleRefundRow, *, was_announced: bool) -> None:
    """The bank sent it back: under the purchase's lock, the money is where it was before.

    `was_announced`: the buyer believes that it was made.
    """
    if await mark_sale_refund(refund.id, SaleRefundState.FAILED):
        purchase = await get_purchase(refund.purchase_id)
        key = f"refund-failed:{refund.stripe_refund_id}"
        await put_back(purchase, refund, BUYER_PAYMENTS, key)
        if was_announced:
            await mail_failed_refund(purchase, refund)
