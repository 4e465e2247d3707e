"""Stripe's products, prices, portal and endpoints as projections of our data: idempotent."""

from collections.abc import Iterable

from chenu.billing.stripe_catalogue import (
    EndpointRequest,
    Outcome,
    PriceRequest,
    ProductRequest,
    StripeCatalogue,
)
from chenu.flows.event_types import EventRegistry, EventScope
from chenu.flows.services import Services
from chenu.metering.plans import API_PLANS
from chenu.tiers.catalogue import TIERS
from chenu.tokens.packs import TOKEN_PACKS, price_key


async def bootstrap_stripe(
    stripe: StripeCatalogue, public_url: str, events: EventRegistry[Services]
) -> list[Outcome]:
    """What was created, updated or left unchanged; a second run changes nothing.

    An endpoint's signing secret is in the outcome of its creation, and nowhere else ever.
    """
    outcomes = [await stripe.put_product(request) for request in products()]
    outcomes += [await stripe.put_price(request) for request in prices()]
    portal = await stripe.put_portal_configuration(public_url)
    outcomes.append(Outcome("portal configuration", portal))
    url = f"{public_url}/webhooks/stripe"
    snapshot = EndpointRequest("snapshot", url, events.names(EventScope.PLATFORM))
    of_connected = events.names(EventScope.CONNECT)
    connect = EndpointRequest("connect", url, of_connected, of_connected=True)
    thin = EndpointRequest("thin", f"{url}/thin", events.names(EventScope.THIN))
    outcomes.append(await stripe.put_snapshot_endpoint(snapshot))
    outcomes.append(await stripe.put_snapshot_endpoint(connect))
    outcomes.append(await stripe.put_thin_endpoint(thin))
    return outcomes


def products() -> Iterable[ProductRequest]:
    """One per paid tier, paid API plan and token pack; agents follow at their publication."""
    for tier in TIERS:
        if tier.monthly_price:
            yield ProductRequest(f"plan_{tier.code.lower()}", f"CHE·NU {tier.name}", "plan")
    for plan in API_PLANS:
        if plan.monthly_price:
            yield ProductRequest(f"api_{plan.code.lower()}", f"CHE·NU API {plan.code}", "api")
    for pack in TOKEN_PACKS:
        yield ProductRequest(pack.code, f"CHE·NU {pack.tokens} tokens", "pack")


def prices() -> Iterable[PriceRequest]:
    for tier in TIERS:
        name = f"plan_{tier.code.lower()}"
        if tier.monthly_price and tier.yearly_price:
            yield PriceRequest(name, f"{name}_month_eur", tier.monthly_price, "month")
            yield PriceRequest(name, f"{name}_year_eur", tier.yearly_price, "year")
    for plan in API_PLANS:
        name = f"api_{plan.code.lower()}"
        if plan.monthly_price:
            yield PriceRequest(name, f"{name}_month_eur", plan.monthly_price, "month")
    for pack in TOKEN_PACKS:
        yield PriceRequest(pack.code, price_key(pack.code), pack.price)
