"""The creator's part of a payment: one transfer, tied to the charge that pays for it."""

from chenu.agents.model import PaymentId
from chenu.agents.payments import PaymentRow, get_payment, record_transfer
from chenu.agents.queries import find_creator
from chenu.billing.connect_accounts import find_of_user
from chenu.billing.gateway import StripeRefusal, TransferRequest
from chenu.core import queue
from chenu.core.errors import NotFound
from chenu.core.money import Cents
from chenu.flows.mirrors.connect_account import refresh_connect_state
from chenu.flows.operations.handler import NotYet, OperationHandler, get_subject
from chenu.flows.services import Services
from chenu.ledger.accounts import CREATOR_TRANSFERS, creator_payable
from chenu.ledger.journal import LedgerEntry, LedgerTransaction, post
from chenu.ledger.operations import NewOperation, OperationKind, OperationRow, create_operation

_WAITS = frozenset({"insufficient_capabilities_for_transfer", "balance_insufficient"})
"""Refusals that pass: the money stays owed, and repair tries again."""

_OTHER_REQUEST = "IdempotencyError"
"""An earlier try under this key named another account, since closed: repair looks for it first."""


async def create_transfer_operation(payment: PaymentRow) -> None:
    """In the settle transaction: exactly one transfer for each payment."""
    if payment.creator_share == 0:
        return
    operation = await create_operation(
        NewOperation(
            OperationKind.TRANSFER,
            f"split:{payment.id}",
            str(payment.id),
            subject_id=payment.id,
            account_id=payment.account_id,
            amount=payment.creator_share,
        )
    )
    await queue.enqueue(queue.Job.OPERATION, str(operation.id))


class TransferHandler(OperationHandler):
    async def call(self, services: Services, operation: OperationRow) -> str:
        payment = await get_payment(PaymentId(get_subject(operation)))
        request = TransferRequest(
            amount=payment.creator_share,
            destination=await _destination(payment),
            source_charge=payment.stripe_charge_id,
            transfer_group=f"order_{payment.purchase_id}",
            payment_id=str(payment.id),
        )
        try:
            return await services.gateway.create_transfer(request, operation)
        except StripeRefusal as refusal:
            if _is_destination_gone(refusal):
                await refresh_connect_state(services, request.destination)
            elif refusal.code not in (*_WAITS, _OTHER_REQUEST):
                raise
            raise NotYet(refusal.code, refused=True) from refusal

    async def find_existing(self, services: Services, operation: OperationRow) -> str | None:
        payment = await get_payment(PaymentId(get_subject(operation)))
        return await services.gateway.find_transfer(f"order_{payment.purchase_id}", operation)

    async def apply(self, operation: OperationRow, answer: str) -> str:
        payment = await get_payment(PaymentId(get_subject(operation)))
        await record_transfer(payment.id, answer)
        await post(
            LedgerTransaction(
                business_key=f"transfer:{payment.id}",
                kind="TRANSFER",
                subject_id=payment.id,
                operation_id=operation.id,
                entries=(
                    LedgerEntry(creator_payable(payment.creator_id), Cents(-payment.creator_share)),
                    LedgerEntry(CREATOR_TRANSFERS, payment.creator_share),
                ),
            )
        )
        return answer


def _is_destination_gone(refusal: StripeRefusal) -> bool:
    """Closed, deleted or out of our reach: its owner may open another account."""
    return refusal.is_gone and refusal.param != "source_transaction"


async def _destination(payment: PaymentRow) -> str:
    """The creator's Connect account; waits while it cannot be paid."""
    creator = await find_creator(payment.creator_id)
    if creator is None:
        raise NotFound("There is no such creator")
    account = await find_of_user(creator.owner_id)
    if account is None or account.stripe_account_id is None or not account.can_be_paid:
        raise NotYet("payouts_not_ready")
    return account.stripe_account_id
