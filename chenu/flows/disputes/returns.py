"""Disputes of an agent's payment that bought nothing and goes back anyway (return_payment.py).

Its money is nobody's part any more but owed to the buyer: the bank takes it from there, and should
the dispute be won, it is owed again.
"""

import msgspec

from chenu.agents.model import PaymentId
from chenu.agents.payments import PaymentRow
from chenu.billing.disputes import DisputeRow, mark_returned, mark_taken
from chenu.core import queue
from chenu.core.money import Cents
from chenu.flows.disputes.books import book_returned, book_taken
from chenu.flows.purchases.return_payment import RefundParams, return_key
from chenu.ledger.accounts import BUYER_REFUNDS_DUE
from chenu.ledger.amounts import euros
from chenu.ledger.journal import credit, debit
from chenu.ledger.operation_list import mark_given_up, reopen
from chenu.ledger.operations import OperationRow, OperationState, find_by_key


async def find_return(payment_id: PaymentId) -> OperationRow | None:
    """The refund that is, or was, due; None for a payment that bought something."""
    return await find_by_key(return_key(payment_id))


async def take_from_return(dispute: DisputeRow, payment: PaymentRow, cause: str) -> None:
    """Under the purchase's lock. Nobody has to decide about a refund that Stripe refused for it."""
    owed = _owed(dispute, payment)
    await book_taken(dispute, cause, (debit(BUYER_REFUNDS_DUE, euros(owed)),))
    await mark_taken(dispute.id, Cents(0))
    operation = await find_return(payment.id)
    if operation is not None and operation.state == OperationState.FAILED:
        await mark_given_up(operation)


async def give_to_return(dispute: DisputeRow, payment: PaymentRow, cause: str) -> None:
    """Under the purchase's lock: Stripe is asked for the refund again."""
    owed = _owed(dispute, payment)
    await book_returned(dispute, cause, (credit(BUYER_REFUNDS_DUE, euros(owed)),))
    await mark_returned(dispute.id)
    operation = await find_return(payment.id)
    if operation is not None and operation.state == OperationState.FAILED:
        await reopen(operation, msgspec.json.decode(operation.params, type=RefundParams))
        await queue.enqueue(queue.Job.OPERATION, str(operation.id))


def _owed(dispute: DisputeRow, payment: PaymentRow) -> Cents:
    """Nothing of a refund that was made before: the bank takes it a second time, from us."""
    return Cents(min(dispute.amount, payment.left))
