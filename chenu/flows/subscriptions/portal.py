"""The way to Stripe's customer portal: card, billing details, invoices."""

import structlog

from chenu.accounts.actor import Actor
from chenu.accounts.customers import forget_customer
from chenu.accounts.roles import Right
from chenu.billing.gateway import StripeRefusal
from chenu.core.errors import ProviderUnavailable
from chenu.core.i18n import Locale, mark
from chenu.flows.mirrors.sync import sync_customer
from chenu.flows.services import Services

log = structlog.get_logger(__name__)

_MOST_CUSTOMERS = 2
"""One that was deleted at Stripe, and the one that is made anew."""

_CLOSED = mark("The billing portal cannot be opened at the moment. Please try again later")


async def open_billing_portal(services: Services, actor: Actor, locale: Locale) -> str:
    """An address for one visitor, for a few minutes. Raises ProviderUnavailable."""
    account_id = actor.require_right(Right.MANAGE_PLAN)
    for _ in range(_MOST_CUSTOMERS):
        owner = await sync_customer(services, account_id)
        if owner.customer_id is None:
            break
        url = await _try_open(services, owner.customer_id, locale)
        if url is not None:
            return url
    raise ProviderUnavailable(_CLOSED)


async def _try_open(services: Services, customer_id: str, locale: Locale) -> str | None:
    """None for a customer that was deleted at Stripe, and is forgotten here now."""
    try:
        return await services.subscriptions.open_portal(
            customer_id, services.url("/account/plan"), locale
        )
    except StripeRefusal as refusal:
        log.error("portal_not_opened", code=refusal.code, param=refusal.param)
        if refusal.is_gone and refusal.param == "customer":
            await forget_customer(customer_id)
            return None
        raise ProviderUnavailable(_CLOSED) from refusal
