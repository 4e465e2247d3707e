"""Calls about what is returned of invoices: credit notes, and refunds whoever made them."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from chenu.billing.gateway import OperationIdentity, RefundRequest, StripeRefusal
from chenu.billing.recurring import (
    CreditNoteRequest,
    CreditNoteState,
    RefundState,
    RefundStatus,
)
from chenu.billing.stripe_gateway import OPERATION, PAGE, StripeCaller, metadata_of, since
from chenu.billing.stripe_objects import require_ours
from chenu.core.money import Cents

if TYPE_CHECKING:
    from chenu.billing.stripe_gateway import CreditNoteParams


class StripeRefunds(StripeCaller):
    """Implements the rest of ports.MoneyPort and ports.SubscriptionPort."""

    async def create_credit_note(
        self, request: CreditNoteRequest, by: OperationIdentity
    ) -> CreditNoteState:
        """Of a refund that was made, or with a new one in one call; Stripe's own mail stays off."""
        params: CreditNoteParams = {
            "invoice": request.invoice_id,
            "amount": request.amount,
            "email_type": "none",
            "metadata": metadata_of(by, refund_request_id=request.request_id),
        }
        if request.refund_id is None:
            params["refund_amount"] = request.amount
        else:
            params["refunds"] = [{"refund": request.refund_id, "amount_refunded": request.amount}]
        made = await self.ask(
            lambda: self.client.v1.credit_notes.create_async(
                params, {"idempotency_key": by.idempotency_key}
            )
        )
        return read_credit_note(made.to_dict())

    async def put_refund(self, request: RefundRequest, by: OperationIdentity) -> RefundState:
        """Once for the operation, also when it is tried again after Stripe has forgotten the key.

        Its key leaves that of the operation to the credit note.
        """
        found = await self.find_made(
            by,
            lambda: self.client.v1.refunds.list_async(
                {
                    "payment_intent": request.payment_intent_id,
                    "created": {"gte": since(by)},
                    "limit": PAGE,
                }
            ),
        )
        if found is not None:
            return read_refund(found.to_dict())
        made = await self.ask(
            lambda: self.client.v1.refunds.create_async(
                {
                    "payment_intent": request.payment_intent_id,
                    "amount": request.amount,
                    "metadata": metadata_of(by, payment_id=request.payment_id),
                },
                {"idempotency_key": f"{by.idempotency_key}:refund"},
            )
        )
        return read_refund(made.to_dict())

    async def find_credit_note(
        self, invoice_id: str, by: OperationIdentity
    ) -> CreditNoteState | None:
        """An invoice may have several."""
        found = await self.find_made(
            by,
            lambda: self.client.v1.credit_notes.list_async(
                {"invoice": invoice_id, "created": {"gte": since(by)}, "limit": PAGE}
            ),
        )
        return None if found is None else read_credit_note(found.to_dict())

    async def get_credit_note(self, document_id: str) -> CreditNoteState:
        found = await self.ask(lambda: self.client.v1.credit_notes.retrieve_async(document_id))
        return read_credit_note(found.to_dict())

    async def get_refund(self, refund_id: str) -> RefundState:
        found = await self.ask(lambda: self.client.v1.refunds.retrieve_async(refund_id))
        return read_refund(found.to_dict())

    async def list_refunds(self, charge_id: str) -> list[RefundState]:
        """Of one charge, the newest first."""
        listed = self.iterate(
            lambda: self.client.v1.refunds.list_async({"charge": charge_id, "limit": PAGE})
        )
        return [read_refund(each.to_dict()) async for each in listed]

    async def find_invoice_of_payment(self, payment_intent_id: str) -> str | None:
        """The invoice that it settled; None for another kind of payment."""
        payment: Any = {"type": "payment_intent", "payment_intent": payment_intent_id}
        found = await self.ask(
            lambda: self.client.v1.invoice_payments.list_async({"payment": payment, "limit": 1})
        )
        return msgspec.convert(found.data[0].to_dict(), _Payment).invoice if found.data else None


class _Payment(msgspec.Struct):
    invoice: str


class _Refund(msgspec.Struct):
    id: str
    amount: int
    currency: str
    created: int
    charge: str | None = None
    payment_intent: str | None = None
    status: str | None = None
    metadata: dict[str, str] | None = None


def read_refund(payload: dict[str, Any]) -> RefundState:
    """Raises CurrencyRefused, StripeRefusal for one that is of no charge."""
    found = msgspec.convert(payload, _Refund)
    require_ours(found.id, found.currency)
    if found.charge is None or found.payment_intent is None:
        raise StripeRefusal("refund_without_charge", f"{found.id} is of no card payment", "charge")
    return RefundState(
        id=found.id,
        charge_id=found.charge,
        payment_intent_id=found.payment_intent,
        amount=Cents(found.amount),
        status=RefundStatus(found.status or RefundStatus.PENDING),
        created=datetime.fromtimestamp(found.created, UTC),
        operation_id=(found.metadata or {}).get(OPERATION),
    )


class _NoteRefund(msgspec.Struct):
    refund: str


class _CreditNote(msgspec.Struct):
    id: str
    invoice: str
    number: str
    status: str
    currency: str
    total: int
    created: int
    refunds: list[_NoteRefund]
    pdf: str | None = None


def read_credit_note(payload: dict[str, Any]) -> CreditNoteState:
    """Raises CurrencyRefused."""
    found = msgspec.convert(payload, _CreditNote)
    require_ours(found.id, found.currency)
    return CreditNoteState(
        id=found.id,
        invoice_id=found.invoice,
        number=found.number,
        status=found.status.upper(),
        total=Cents(found.total),
        pdf_url=found.pdf,
        created=datetime.fromtimestamp(found.created, UTC),
        refund_ids=tuple(each.refund for each in found.refunds),
    )
