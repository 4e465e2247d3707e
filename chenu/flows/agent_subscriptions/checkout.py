"""What became of the page on which a monthly agent begins: it is asked about, and adopted."""

from dataclasses import dataclass
from uuid import UUID

import msgspec

from chenu.agents.model import PurchaseStatus
from chenu.agents.purchases import get_purchase, move_status
from chenu.billing.gateway import CheckoutSession, CheckoutStatus, OutcomeUnknown, StripeRefusal
from chenu.billing.ports import CheckoutPort, SubscriptionPort
from chenu.billing.recurring import InvoiceState, SubscriptionState
from chenu.core import pubsub
from chenu.core.fetched import Fetched, fetch
from chenu.core.pubsub import PubSub
from chenu.flows.checkout_pages import SessionParams
from chenu.flows.operation_handlers import NotYet, OperationHandler, get_subject
from chenu.flows.operations.runner import run_operation
from chenu.flows.purchases.checkout_events import follow_purchase_page
from chenu.flows.purchases.pages import PURCHASE_PAGES
from chenu.flows.services import Services
from chenu.flows.subscriptions.invoices import adopt_invoice, follow_invoice
from chenu.flows.subscriptions.mirror import adopt_subscription, follow_subscription
from chenu.ledger.operations import OperationKind, OperationRow


class Begun(msgspec.Struct, frozen=True):
    """The subscription that the page made, and its first invoice."""

    subscription: Fetched[SubscriptionState]
    invoice: Fetched[InvoiceState]


@dataclass(frozen=True)
class CheckoutSubscriptionHandler(OperationHandler[SessionParams, Begun | None]):
    """Changes nothing at Stripe. The answer is None for a page that closed unpaid."""

    checkouts: CheckoutPort
    subscriptions: SubscriptionPort
    pubsub: PubSub

    kind = OperationKind.CHECKOUT_SUBSCRIPTION
    params_type = SessionParams

    async def call(self, operation: OperationRow, params: SessionParams) -> Begun | None:
        session = await self.checkouts.get_checkout(params.session_id)
        if session.status is CheckoutStatus.OPEN:
            raise NotYet("not paid yet")
        made, invoice_id = session.subscription_id, session.invoice_id
        if made is None or invoice_id is None:
            return None
        subscription = await fetch(lambda: self.subscriptions.get_subscription(made))
        invoice = await fetch(lambda: self.subscriptions.get_invoice(invoice_id))
        if not invoice.value.is_booked:
            # That takes Stripe a moment; until then nobody should pay again.
            raise OutcomeUnknown(
                "The payment service did not answer. We are checking what happened"
            )
        return Begun(subscription, invoice)

    async def apply(
        self, operation: OperationRow, params: SessionParams, answer: Begun | None
    ) -> str | None:
        if answer is None:
            await _cancel(operation, "checkout_expired")
            return None
        await adopt_subscription(answer.subscription)
        await adopt_invoice(answer.invoice)
        return answer.subscription.value.id

    async def on_refused(
        self, operation: OperationRow, params: SessionParams, refusal: StripeRefusal
    ) -> None:
        """Stripe does not have the page any more: the buyer may request again."""
        await _cancel(operation, "checkout_gone")

    async def after_commit(self, operation: OperationRow, params: SessionParams) -> None:
        await self.pubsub.publish(pubsub.purchase_channel(get_subject(operation)))


async def _cancel(operation: OperationRow, reason: str) -> None:
    purchase = await get_purchase(get_subject(operation), lock=True)
    if purchase.is_pending:
        status = PurchaseStatus.CANCELED
        await move_status(purchase.id, status, failure_code=purchase.failure_code or reason)


async def follow_agent_page(
    services: Services, purchase_id: UUID, session: CheckoutSession
) -> None:
    """An event about the page of an agent, bought once or by the month.

    What a page made that we do not know is adopted as well: its id may have been lost on the way.
    """
    if session.subscription_id is None:
        await follow_purchase_page(services, purchase_id, session)
        return
    operation = await PURCHASE_PAGES.find_outcome(purchase_id)
    if operation is not None and operation.is_open:
        await run_operation(services, operation.id)
        return
    await follow_subscription(services.subscriptions, session.subscription_id)
    if session.invoice_id is not None:
        await follow_invoice(services.subscriptions, session.invoice_id)
