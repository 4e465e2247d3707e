"""Stripe's credit notes: followed, and made for refunds whose first one was refused."""

from dataclasses import dataclass
from uuid import UUID

from chenu.accounts.actor import AccountId
from chenu.billing.invoices import find_invoice_by_stripe_id
from chenu.billing.ports import MoneyPort, SubscriptionPort
from chenu.billing.recurring import CreditNoteRequest, CreditNoteState
from chenu.billing.refund_requests import RefundRequestId
from chenu.billing.refunds import store_credit_note
from chenu.core import db, queue
from chenu.core.fetched import Fetched, fetch
from chenu.flows.operation_handlers import OperationHandler
from chenu.flows.subscriptions.invoices import follow_invoice
from chenu.ledger.operations import (
    NewOperation,
    OperationKind,
    OperationRow,
    create_operation,
)


async def request_credit_note(
    request: CreditNoteRequest, request_id: RefundRequestId, account_id: UUID | None
) -> None:
    """In the transaction that books the refund. Refused once more it waits for an operator."""
    new = NewOperation(
        OperationKind.CREDIT_NOTE,
        f"credit-note:{request.refund_id}",
        request,
        subject_id=request_id,
        account_id=account_id,
    )
    operation = await create_operation(new)
    await queue.enqueue(queue.Job.OPERATION, str(operation.id))


@dataclass(frozen=True)
class CreditNoteHandler(OperationHandler[CreditNoteRequest, Fetched[CreditNoteState]]):
    money: MoneyPort

    kind = OperationKind.CREDIT_NOTE
    params_type = CreditNoteRequest

    async def call(
        self, operation: OperationRow, params: CreditNoteRequest
    ) -> Fetched[CreditNoteState]:
        return await fetch(lambda: self.money.create_credit_note(params, operation))

    async def find_existing(
        self, operation: OperationRow, params: CreditNoteRequest
    ) -> Fetched[CreditNoteState] | None:
        found = await fetch(lambda: self.money.find_credit_note(params.invoice_id, operation))
        return None if found.value is None else Fetched(found.value, found.number)

    async def apply(
        self,
        operation: OperationRow,
        params: CreditNoteRequest,
        answer: Fetched[CreditNoteState],
    ) -> str:
        await store_note(answer)
        return answer.value.id


async def follow_credit_note(subscriptions: SubscriptionPort, document_id: str) -> bool:
    """Ask Stripe, and mirror the answer; False for an invoice that is not ours."""
    fetched = await fetch(lambda: subscriptions.get_credit_note(document_id))

    async def adopt() -> bool:
        return await store_note(fetched) is not None

    if await db.run_in_transaction(adopt):
        return True
    if not await follow_invoice(subscriptions, fetched.value.invoice_id):
        return False
    return await db.run_in_transaction(adopt)


async def store_note(fetched: Fetched[CreditNoteState]) -> AccountId | None:
    """Whose it is; None where the invoice is not mirrored."""
    invoice = await find_invoice_by_stripe_id(fetched.value.invoice_id)
    if invoice is None:
        return None
    await store_credit_note(invoice.id, invoice.account_id, fetched)
    return invoice.account_id
