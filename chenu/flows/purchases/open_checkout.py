"""Opening Stripe's page for a pending purchase: customer, price, session, each once."""

from chenu.accounts.actor import AccountId
from chenu.agents.purchases import PurchaseRow, get_purchase
from chenu.core.errors import RefusedError
from chenu.flows.mirrors.sync import sync_customer, sync_price
from chenu.flows.operations.runner import run_operation
from chenu.flows.purchases.checkout import find_opening, session_operation
from chenu.flows.services import Services
from chenu.ledger.operations import OperationRow, OperationState, create_operation_after

_MOST_PAGES = 3
"""How often a page is asked for in one request, when what it needs turns out to be gone."""


class PaymentFailed(RefusedError):
    """The payment page could not be opened, or the payment did not come about."""

    code = "PAYMENT_FAILED"


async def open_checkout(
    services: Services, purchase: PurchaseRow, success_url: str | None, cancel_url: str | None
) -> PurchaseRow:
    """The purchase with its page. Raises PaymentFailed, PriceChanged, ProviderUnavailable."""
    if purchase.checkout_url is not None:
        return purchase
    page = services.url(f"/purchases/{purchase.id}")
    for _ in range(_MOST_PAGES):
        opening = await find_opening(purchase.id)
        if opening is None or opening.state == OperationState.FAILED:
            opening = await _ask_anew(
                services, purchase, opening, success_url or page, cancel_url or page
            )
        opened = await run_operation(services, opening.id)
        purchase = await get_purchase(purchase.id)
        if opened.state != OperationState.FAILED:
            return purchase
        if not purchase.is_pending:
            break
    raise _not_opened()


async def _ask_anew(
    services: Services,
    purchase: PurchaseRow,
    refused: OperationRow | None,
    success_url: str,
    cancel_url: str,
) -> OperationRow:
    """The operation that opens the page, for customer and price as they are now."""
    customer_id = await _get_customer(services, purchase.account_id)
    price_id = await _get_price(services, purchase)
    request = session_operation(purchase, customer_id, price_id, success_url, cancel_url)
    return await create_operation_after(request, refused)


async def _get_customer(services: Services, account_id: AccountId) -> str:
    owner = await sync_customer(services, account_id)
    if owner.customer_id is None:
        raise _not_opened()
    return owner.customer_id


async def _get_price(services: Services, purchase: PurchaseRow) -> str:
    """Raises PriceChanged after the request: the job that closes its page drops it."""
    agent = await sync_price(services, purchase.agent_id, purchase.price)
    if agent.stripe_price_id is None:
        raise _not_opened()
    return agent.stripe_price_id


def _not_opened() -> PaymentFailed:
    return PaymentFailed("The payment page could not be opened. Nothing was charged")
