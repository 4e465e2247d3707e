"""What a payment page needs and Stripe does not have any more: asked for, and forgotten."""

import asyncio

import msgspec

from chenu.accounts.customers import forget_customer
from chenu.agents.model import AgentId
from chenu.billing.gateway import CheckoutRequest, PriceState, StripeRefusal
from chenu.billing.ports import CataloguePort, CustomerPort
from chenu.core.fetched import Fetched
from chenu.flows.mirrors.agent_price import fetch_price, store_price_state

_COPIES = ("customer", "line_items")
"""Parameters that name our copies."""


class Gone(msgspec.Struct, frozen=True):
    """What a page needs and Stripe does not have any more, or does not sell."""

    customer_id: str | None = None
    price: Fetched[PriceState] | None = None

    @property
    def names(self) -> str:
        customer = "customer" if self.customer_id else ""
        price = "price" if self.price else ""
        return "_and_".join(filter(None, (customer, price)))


class GoneRefusal(StripeRefusal):
    """A page was refused for what is gone: another one, with what follows it, may open."""

    def __init__(self, refusal: StripeRefusal, gone: Gone) -> None:
        code = f"{gone.names}_gone" if gone.names else refusal.code
        super().__init__(code, str(refusal), refusal.param)
        self.gone = gone


def is_about_copies(refusal: StripeRefusal) -> bool:
    """Refused, and there a moment later, a copy has been renewed meanwhile."""
    return (refusal.param or "").startswith(_COPIES)


async def find_gone(
    customers: CustomerPort, catalogue: CataloguePort, request: CheckoutRequest
) -> Gone:
    """Asks Stripe, whose refusals name the reason in too many ways. Raises OutcomeUnknown."""
    is_there, prices = await asyncio.gather(
        customers.is_customer_there(request.customer_id),
        asyncio.gather(*(fetch_price(catalogue, price_id) for price_id in request.price_ids)),
    )
    unsold = next((price for price in prices if not price.value.is_sellable), None)
    return Gone(None if is_there else request.customer_id, unsold)


async def forget_gone(gone: Gone, agent_id: AgentId) -> None:
    """Our copies of what is gone, in the caller's transaction: the next page has new ones made."""
    if gone.customer_id is not None:
        await forget_customer(gone.customer_id)
    if gone.price is not None:
        await store_price_state(agent_id, gone.price)
