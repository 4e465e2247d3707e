"""Stripe's payment page for one purchase: opened, found again, and closed."""

from dataclasses import dataclass

from chenu.agents.model import PurchaseStatus
from chenu.agents.purchases import (
    PurchaseRow,
    get_purchase,
    move_status,
)
from chenu.billing.gateway import (
    CheckoutLine,
    CheckoutMode,
    CheckoutRequest,
    CheckoutSession,
    StripeRefusal,
)
from chenu.billing.ports import CataloguePort, CustomerPort
from chenu.flows.checkout_pages import next_expiry, not_opened, with_tax
from chenu.flows.mirrors.sync import sync_customer, sync_price
from chenu.flows.operation_handlers import get_subject
from chenu.flows.payment_pages import ExpiryHandler, OpeningHandler
from chenu.flows.purchases.gone_copies import (
    GoneRefusal,
    find_gone,
    forget_gone,
    is_about_copies,
)
from chenu.flows.purchases.pages import PURCHASE_PAGES
from chenu.flows.services import Services
from chenu.ledger.operations import (
    NewOperation,
    OperationKind,
    OperationRow,
    create_operation_after,
)


def session_operation(
    purchase: PurchaseRow, customer_id: str, price_id: str, success_url: str, cancel_url: str
) -> NewOperation:
    """The operation that opens the page; its life is frozen now, so that a retry is the same."""
    params = CheckoutRequest(
        mode=CheckoutMode.SUBSCRIPTION if purchase.is_monthly else CheckoutMode.PAYMENT,
        customer_id=customer_id,
        lines=(CheckoutLine(price_id),),
        reference=str(purchase.id),
        metadata={
            "kind": "agent",
            "purchase_id": str(purchase.id),
            "agent_id": str(purchase.agent_id),
            "account_id": str(purchase.account_id),
        },
        transfer_group=None if purchase.is_monthly else f"order_{purchase.id}",
        success_url=success_url,
        cancel_url=cancel_url,
        locale=purchase.consent_locale,
        expires_at=next_expiry(),
    )
    return PURCHASE_PAGES.open_with(purchase, params, purchase.price_amount)


@dataclass(frozen=True)
class CheckoutSessionHandler(OpeningHandler):
    customers: CustomerPort
    catalogue: CataloguePort

    kind = OperationKind.CHECKOUT_SESSION
    pages = PURCHASE_PAGES

    async def call(self, operation: OperationRow, params: CheckoutRequest) -> CheckoutSession:
        try:
            return await self.checkouts.create_checkout(params, operation)
        except StripeRefusal as refusal:
            gone = await find_gone(self.customers, self.catalogue, params)
            if not gone.names and not is_about_copies(refusal):
                raise
            raise GoneRefusal(refusal, gone) from refusal

    async def on_refused(
        self, operation: OperationRow, params: CheckoutRequest, refusal: StripeRefusal
    ) -> None:
        """No page was opened, nothing can be paid; for what is gone the request stays."""
        purchase = await get_purchase(get_subject(operation), lock=True)
        if isinstance(refusal, GoneRefusal):
            await forget_gone(refusal.gone, purchase.agent_id)
        elif purchase.is_pending:
            status = PurchaseStatus.FAILED
            await move_status(purchase.id, status, failure_code="checkout_refused")


class CheckoutExpiryHandler(ExpiryHandler):
    kind = OperationKind.CHECKOUT_EXPIRY


async def open_checkout(
    services: Services, purchase: PurchaseRow, success_url: str | None, cancel_url: str | None
) -> PurchaseRow:
    """The purchase with its page. Raises PaymentFailed, PriceChanged, ProviderUnavailable."""
    page = services.url(f"/purchases/{purchase.id}")
    urls = success_url or page, cancel_url or page

    async def ask_anew(refused: OperationRow | None) -> OperationRow:
        return await _ask_anew(services, purchase, refused, *urls)

    return await PURCHASE_PAGES.open(services, purchase, ask_anew)


async def _ask_anew(
    services: Services,
    purchase: PurchaseRow,
    refused: OperationRow | None,
    success_url: str,
    cancel_url: str,
) -> OperationRow:
    """The operation that opens the page, for customer and price as they are now.

    Raises PriceChanged after the request: the job that closes its page drops it.
    """
    owner = await sync_customer(services, purchase.account_id)
    if owner.customer_id is None:
        raise not_opened()
    agent = await sync_price(services, purchase.agent_id, purchase.price)
    if agent.stripe_price_id is None:
        raise not_opened()
    request = session_operation(
        purchase, owner.customer_id, agent.stripe_price_id, success_url, cancel_url
    )
    request = with_tax(request, is_on=services.settings.stripe.automatic_tax)
    return await create_operation_after(request, refused)
