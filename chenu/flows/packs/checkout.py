"""Stripe's page on which a pack is paid: opened, asked about, and closed."""

from dataclasses import dataclass

import msgspec
from msgspec.structs import replace

from chenu.accounts.customers import forget_customer
from chenu.billing.gateway import (
    CheckoutLine,
    CheckoutMode,
    CheckoutRequest,
    CheckoutSession,
    CheckoutStatus,
    CurrencyRefused,
    OutcomeUnknown,
    StripeRefusal,
)
from chenu.billing.ports import CheckoutPort, CustomerPort, SubscriptionPort
from chenu.billing.recurring import InvoiceState, RefundState
from chenu.core.fetched import Fetched, fetch
from chenu.flows.checkout_pages import SessionParams, next_expiry
from chenu.flows.operation_handlers import NotYet, OperationHandler, get_subject
from chenu.flows.packs.pages import PACK_PAGES
from chenu.flows.payment_pages import ExpiryHandler, OpeningHandler
from chenu.flows.subscriptions.invoices import adopt_invoice
from chenu.flows.subscriptions.refund_books import settle_refund
from chenu.ledger.operations import NewOperation, OperationKind, OperationRow
from chenu.tokens.pack_orders import PackOrderRow, PackOrderStatus, end_pack_order


class CustomerGone(StripeRefusal):
    """The page was refused because Stripe does not have the customer any more."""


def page_operation(
    order: PackOrderRow, customer_id: str, price_id: str, success_url: str, cancel_url: str
) -> NewOperation:
    """The operation that opens the page; all of it is frozen, so that a retry is the same."""
    params = CheckoutRequest(
        mode=CheckoutMode.PAYMENT,
        customer_id=customer_id,
        lines=(CheckoutLine(price_id),),
        reference=str(order.id),
        metadata={
            "kind": "pack",
            "pack": order.pack,
            "order_id": str(order.id),
            "account_id": str(order.account_id),
        },
        success_url=success_url,
        cancel_url=cancel_url,
        locale=order.locale,
        expires_at=next_expiry(),
    )
    return PACK_PAGES.open_with(order, params, order.price)


@dataclass(frozen=True)
class PackCheckoutHandler(OpeningHandler):
    customers: CustomerPort

    kind = OperationKind.PACK_CHECKOUT
    pages = PACK_PAGES

    async def call(self, operation: OperationRow, params: CheckoutRequest) -> CheckoutSession:
        try:
            return await self.checkouts.create_checkout(params, operation)
        except StripeRefusal as refusal:
            if not await self.customers.is_customer_there(params.customer_id):
                raise CustomerGone("customer_gone", str(refusal), refusal.param) from refusal
            raise

    async def on_refused(
        self, operation: OperationRow, params: CheckoutRequest, refusal: StripeRefusal
    ) -> None:
        """No page was opened, nothing can be paid; with a new customer one may open."""
        if isinstance(refusal, CustomerGone):
            await forget_customer(params.customer_id)
            return
        order_id = get_subject(operation)
        await end_pack_order(order_id, PackOrderStatus.FAILED, failure_code="checkout_refused")


class PackExpiryHandler(ExpiryHandler):
    kind = OperationKind.PACK_EXPIRY


class PaidPack(msgspec.Struct, frozen=True):
    """The invoice of a page that was paid, and what was returned of its charge since."""

    charge_id: str
    invoice: Fetched[InvoiceState]
    refunds: tuple[RefundState, ...]


@dataclass(frozen=True)
class PackOutcomeHandler(OperationHandler[SessionParams, PaidPack | None]):
    """Asks what became of the page; changes nothing at Stripe. None: closed without a payment.

    What is paid is settled with Stripe's invoice of it, as every event about that invoice does.
    """

    checkouts: CheckoutPort
    subscriptions: SubscriptionPort

    kind = OperationKind.PACK_OUTCOME
    params_type = SessionParams

    async def call(self, operation: OperationRow, params: SessionParams) -> PaidPack | None:
        session = await self.checkouts.get_checkout(params.session_id)
        if session.is_paid:
            return await self._fetch_paid(session)
        if session.status is CheckoutStatus.OPEN:
            raise NotYet(session.last_decline or "not paid yet")
        return None

    async def _fetch_paid(self, session: CheckoutSession) -> PaidPack:
        """Raises OutcomeUnknown while Stripe still books the charge or makes the invoice."""
        charge, invoice_id = session.charge, session.invoice_id
        if charge is None or invoice_id is None:
            raise OutcomeUnknown(
                "The payment service did not answer. We are checking what happened"
            )
        fetched = await fetch(lambda: self.subscriptions.get_invoice(invoice_id))
        if not fetched.value.payments:  # the page knows its charge in any case
            fetched = Fetched(replace(fetched.value, payments=(charge,)), fetched.number)
        refunds = await self.subscriptions.list_refunds(charge.id) if charge.refunded else []
        return PaidPack(charge.id, fetched, tuple(refunds))

    async def apply(
        self, operation: OperationRow, params: SessionParams, answer: PaidPack | None
    ) -> str | None:
        if answer is None:
            order_id = get_subject(operation)
            code = "checkout_expired"
            await end_pack_order(order_id, PackOrderStatus.CANCELED, failure_code=code)
            return None
        await adopt_invoice(answer.invoice)
        for refund in answer.refunds:
            await settle_refund(refund)
        return answer.charge_id

    async def on_refused(
        self, operation: OperationRow, params: SessionParams, refusal: StripeRefusal
    ) -> None:
        """Stripe does not have the page, or it takes other money: the buyer may ask again."""
        code = refusal.code if isinstance(refusal, CurrencyRefused) else "checkout_gone"
        order_id = get_subject(operation)
        await end_pack_order(order_id, PackOrderStatus.CANCELED, failure_code=code)
