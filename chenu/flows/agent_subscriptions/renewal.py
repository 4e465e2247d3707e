"""Whether a monthly agent is renewed: cancelled at its period's end, or taken up again."""

import msgspec

from chenu.accounts import idempotency
from chenu.accounts.actor import Actor, ApiScope
from chenu.accounts.idempotency import ClientKey
from chenu.agents.errors import payment_disputed
from chenu.agents.model import PurchaseId, PurchaseStatus
from chenu.agents.purchases import PurchaseRow, get_own_purchase, get_purchase
from chenu.agents.queries import find_agent
from chenu.billing.subscriptions import SubscriptionRow, find_subscription_by_stripe_id
from chenu.core import db
from chenu.core.errors import InvalidState
from chenu.core.i18n import mark
from chenu.flows.purchases.pages import PURCHASE_PAGES
from chenu.flows.purchases.stopped_agents import is_stopped
from chenu.flows.services import Services
from chenu.flows.subscriptions.changes import set_renewal

_ONCE = mark("This agent was bought once: nothing is charged again, and there is nothing to cancel")
_NOT_MONTHLY = mark("This agent was bought once: there is nothing to take up again")
_OVER = mark("This subscription has ended: buy the agent again to use it")
_STOPPED = mark("This agent is not offered any more: it stays yours until the paid period ends")


class RenewalRequest(msgspec.Struct, frozen=True):
    purchase_id: PurchaseId


async def cancel_purchase(
    services: Services, actor: Actor, purchase_id: PurchaseId, idempotency_key: str
) -> PurchaseRow:
    """The purchase as it is afterwards: it ends with its period; one not paid yet is dropped.

    Raises NotFound, InvalidState for what was bought once or has ended, ProviderUnavailable.
    """
    account_id = actor.require_spender(ApiScope.MARKETPLACE)
    request = RenewalRequest(purchase_id)
    key = idempotency.client_key(account_id, idempotency_key, "purchaseCancel", request)
    purchase = await get_own_purchase(account_id, purchase_id)
    if not await _is_known(key):
        await end_renewals(services, purchase)
        await _remember(key, purchase_id)
    return await get_purchase(purchase_id)


async def end_renewals(services: Services, purchase: PurchaseRow) -> None:
    """Asking for what is so already changes nothing. Raises as `cancel_purchase`."""
    if purchase.is_pending:
        await PURCHASE_PAGES.close(services, purchase)
    else:
        await set_renewal(services, await _get_live(purchase, _ONCE), cancel=True)


async def resume_purchase(
    services: Services, actor: Actor, purchase_id: PurchaseId, idempotency_key: str
) -> PurchaseRow:
    """A cancellation is taken back before it has come about.

    Raises NotFound, InvalidState, Disputed, ProviderUnavailable.
    """
    account_id = actor.require_spender(ApiScope.MARKETPLACE)
    request = RenewalRequest(purchase_id)
    key = idempotency.client_key(account_id, idempotency_key, "purchaseResume", request)
    purchase = await get_own_purchase(account_id, purchase_id)
    if not await _is_known(key):
        await take_up_again(services, purchase)
        await _remember(key, purchase_id)
    return await get_purchase(purchase_id)


async def take_up_again(services: Services, purchase: PurchaseRow) -> None:
    """Asking for what is so already changes nothing. Raises as `resume_purchase`.

    Nobody pays for another month of what a dispute has frozen.
    """
    row = await _get_live(purchase, _NOT_MONTHLY)
    if purchase.status is PurchaseStatus.DISPUTED:
        raise payment_disputed()
    agent = await find_agent(purchase.agent_id)
    if agent is None or await is_stopped(agent):
        raise InvalidState(_STOPPED)
    await set_renewal(services, row, cancel=False)


async def _get_live(purchase: PurchaseRow, once: str) -> SubscriptionRow:
    if not purchase.is_monthly:
        raise InvalidState(once)
    row = await find_subscription_by_stripe_id(purchase.stripe_subscription_id or "")
    if row is None or not row.is_live:
        raise InvalidState(_OVER)
    return row


@db.transactional
async def _is_known(key: ClientKey) -> bool:
    return await idempotency.find_result(key) is not None


@db.transactional
async def _remember(key: ClientKey, purchase_id: PurchaseId) -> None:
    if await idempotency.find_result(key) is None:
        await idempotency.remember_result(key, purchase_id)
