"""Opening Stripe's page for a pending purchase: customer, price, session, each once."""

from chenu.accounts.actor import AccountId
from chenu.accounts.queries import find_account
from chenu.agents.errors import price_changed
from chenu.agents.purchases import PurchaseRow, get_purchase
from chenu.agents.queries import find_agent
from chenu.core.errors import NotFound, RefusedError
from chenu.flows.agent_price import price_wish
from chenu.flows.checkout import session_key, session_wish
from chenu.flows.customer import customer_wish
from chenu.flows.operation_runner import run_operation
from chenu.flows.services import Services
from chenu.ledger.operations import OperationRow, OperationState, Wish, find_by_key, intend


class PaymentFailed(RefusedError):
    """The payment page could not be opened, or the payment did not come about."""

    code = "PAYMENT_FAILED"


async def open_checkout(
    services: Services, purchase: PurchaseRow, success_url: str | None, cancel_url: str | None
) -> PurchaseRow:
    """The purchase with its page. Raises PaymentFailed, PriceChanged, ProviderUnavailable."""
    if purchase.checkout_url is not None:
        return purchase
    operation = await find_by_key(session_key(purchase.id))
    if operation is None:
        customer_id = await _get_customer(services, purchase.account_id)
        price_id = await _get_price(services, purchase)
        page = services.url(f"/purchases/{purchase.id}")
        operation = await intend(
            session_wish(purchase, customer_id, price_id, success_url or page, cancel_url or page)
        )
    _require_settled(await run_operation(services, operation.id))
    return await get_purchase(purchase.id)


async def _get_customer(services: Services, account_id: AccountId) -> str:
    account = await find_account(account_id)
    if account is not None and account.stripe_customer_id is not None:
        return account.stripe_customer_id
    return await _make(services, await customer_wish(account_id))


async def _get_price(services: Services, purchase: PurchaseRow) -> str:
    agent = await find_agent(purchase.agent_id)
    if agent is None:
        raise NotFound("There is no such agent")
    if agent.price != purchase.price:
        raise price_changed()  # after the wish: the job that closes its page drops it
    return agent.stripe_price_id or await _make(services, price_wish(agent))


async def _make(services: Services, wish: Wish) -> str:
    operation = await intend(wish)
    return _require_settled(await run_operation(services, operation.id))


def _require_settled(operation: OperationRow) -> str:
    if operation.state != OperationState.SETTLED or operation.stripe_id is None:
        message = "The payment page could not be opened. Nothing was charged"
        raise PaymentFailed(message)
    return operation.stripe_id
