"""A paid invoice: its PDF is stored, and mailed once with it; without it when it does not come.

docs/decisions/0030.
"""

from dataclasses import dataclass
from datetime import timedelta

import msgspec

from chenu.accounts.actor import AccountId
from chenu.accounts.customers import get_mailbox
from chenu.billing.documents import DocumentRow, store_document
from chenu.billing.gateway import DocumentRefused, StripeRefusal
from chenu.billing.invoices import InvoiceRow, find_invoice_by_stripe_id, mark_mailed
from chenu.billing.ports import DocumentPort, SubscriptionPort
from chenu.billing.recurring import InvoiceStatus
from chenu.core import db, queue
from chenu.core.clock import business_now
from chenu.core.ids import new_id
from chenu.core.mail import MailKind, queue_mail
from chenu.core.mail_params import InvoiceParams
from chenu.flows.operation_handlers import NotYet, OperationHandler
from chenu.ledger.operations import NewOperation, OperationKind, OperationRow, create_operation

MAIL_PATIENCE = timedelta(hours=1)
"""How long the mail waits for the PDF; then it leaves with a link to Stripe's page."""


class DocumentParams(msgspec.Struct, frozen=True):
    """`url` is the PDF's when the invoice was paid: it expires, and is then asked for anew."""

    invoice_id: str
    account_id: AccountId
    url: str | None


async def request_document(invoice: InvoiceRow) -> None:
    """In the transaction that learns of the payment: once for an invoice, however often told."""
    if invoice.status is not InvoiceStatus.PAID or invoice.has_document:
        return
    stripe_id = invoice.stripe_invoice_id
    operation = await create_operation(
        NewOperation(
            OperationKind.INVOICE_DOCUMENT,
            f"document:{stripe_id}",
            DocumentParams(stripe_id, invoice.account_id, invoice.pdf_url),
            subject_id=invoice.id,
            account_id=invoice.account_id,
        )
    )
    if operation.is_open and not operation.attempts:
        await queue.enqueue(queue.Job.OPERATION, str(operation.id))


@dataclass(frozen=True)
class InvoiceDocumentHandler(OperationHandler[DocumentParams, bytes]):
    subscriptions: SubscriptionPort
    documents: DocumentPort

    kind = OperationKind.INVOICE_DOCUMENT
    params_type = DocumentParams

    async def call(self, operation: OperationRow, params: DocumentParams) -> bytes:
        if business_now() - operation.created_at > MAIL_PATIENCE:
            await db.run_in_transaction(lambda: mail_invoice(params.invoice_id))
        url = params.url
        if url is None or operation.attempts:
            url = (await self.subscriptions.get_invoice(params.invoice_id)).pdf_url
        if url is None:
            raise NotYet("no_document")
        try:
            return await self.documents.download_document(url)
        except DocumentRefused as refusal:
            raise NotYet(refusal.code) from refusal

    async def apply(self, operation: OperationRow, params: DocumentParams, answer: bytes) -> str:
        document = DocumentRow(
            new_id(), params.account_id, params.invoice_id, answer, business_now()
        )
        await store_document(document)
        await mail_invoice(params.invoice_id)
        return params.invoice_id

    async def on_refused(
        self, operation: OperationRow, params: DocumentParams, refusal: StripeRefusal
    ) -> None:
        """Stripe does not have the invoice any more: what we know of it is mailed."""
        await mail_invoice(params.invoice_id)


async def mail_invoice(stripe_id: str) -> None:
    """Once for ever, in the caller's transaction; what cost nothing is not mailed."""
    invoice = await find_invoice_by_stripe_id(stripe_id)
    if invoice is None or not invoice.total:
        return
    if not await mark_mailed(invoice.id, business_now()):
        return
    mailbox = await get_mailbox(invoice.account_id)
    params = InvoiceParams(
        name=mailbox.name,
        account=mailbox.account,
        number=invoice.number or "",
        document=stripe_id,
        amount=invoice.total,
        tax=invoice.tax,
        paid_at=(invoice.paid_at or invoice.created_at).isoformat(),
        invoice_url=invoice.hosted_url,
    )
    key = f"invoice:{stripe_id}"
    await queue_mail(MailKind.INVOICE, mailbox.email, mailbox.locale, key, params)
