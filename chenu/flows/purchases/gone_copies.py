"""What a payment page needs and Stripe does not have any more: asked for, and forgotten."""

import asyncio
from dataclasses import dataclass

from chenu.agents.model import AgentId
from chenu.billing.gateway import CheckoutRequest, StripeRefusal
from chenu.flows.mirrors.agent_price import forget_price
from chenu.flows.mirrors.customer import forget_customer
from chenu.flows.services import Services


@dataclass(frozen=True, slots=True)
class Gone:
    """What a page needs and Stripe does not have any more, or does not sell."""

    customer_id: str | None = None
    price_id: str | None = None

    @property
    def names(self) -> str:
        customer = "customer" if self.customer_id else ""
        price = "price" if self.price_id else ""
        return "_and_".join(filter(None, (customer, price)))


class GoneRefusal(StripeRefusal):
    """A page was refused for what is gone: another one, with what follows it, may open."""

    def __init__(self, refusal: StripeRefusal, gone: Gone) -> None:
        code = f"{gone.names}_gone" if gone.names else refusal.code
        super().__init__(code, str(refusal), refusal.param)
        self.gone = gone


async def find_gone(services: Services, request: CheckoutRequest) -> Gone:
    """Asks Stripe, whose refusals name the reason in too many ways. Raises OutcomeUnknown."""
    is_there, *prices = await asyncio.gather(
        services.gateway.is_customer_there(request.customer_id),
        *(_is_sellable(services, price_id) for price_id in request.price_ids),
    )
    unsold = [
        price_id for price_id, sold in zip(request.price_ids, prices, strict=True) if not sold
    ]
    return Gone(None if is_there else request.customer_id, unsold[0] if unsold else None)


async def _is_sellable(services: Services, price_id: str) -> bool:
    price = await services.gateway.find_price(price_id)
    return price is not None and price.is_sellable


async def forget_gone(gone: Gone, agent_id: AgentId) -> None:
    """Our copies of what is gone, in the caller's transaction: the next page has new ones made."""
    if gone.customer_id is not None:
        await forget_customer(gone.customer_id)
    if gone.price_id is not None:
        await forget_price(gone.price_id, agent_id)
