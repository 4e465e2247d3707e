"""Stripe's products, prices and webhook endpoints as projections of our data: idempotent."""

from collections.abc import Iterable

from chenu.billing.stripe_catalogue import (
    EndpointWish,
    Outcome,
    PriceWish,
    ProductWish,
    StripeCatalogue,
)
from chenu.flows.stripe_events import CHECKOUT_EVENTS, PROJECTION_EVENTS, THIN_EVENTS
from chenu.metering.plans import API_PLANS
from chenu.tiers.catalogue import TIERS
from chenu.tokens.packs import TOKEN_PACKS


async def bootstrap_stripe(stripe: StripeCatalogue, public_url: str) -> list[Outcome]:
    """What was created, updated or left unchanged; a second run changes nothing.

    An endpoint's signing secret is in the outcome of its creation, and nowhere else ever.
    """
    outcomes = [await stripe.put_product(wish) for wish in products()]
    outcomes += [await stripe.put_price(wish) for wish in prices()]
    events = (*CHECKOUT_EVENTS, *PROJECTION_EVENTS)
    snapshot = EndpointWish("snapshot", f"{public_url}/webhooks/stripe", events)
    thin = EndpointWish("thin", f"{public_url}/webhooks/stripe/thin", THIN_EVENTS)
    outcomes.append(await stripe.put_snapshot_endpoint(snapshot))
    outcomes.append(await stripe.put_thin_endpoint(thin))
    return outcomes


def products() -> Iterable[ProductWish]:
    """One per paid tier, paid API plan and token pack; agents follow at their publication."""
    for tier in TIERS:
        if tier.monthly_price:
            yield ProductWish(f"plan_{tier.code.lower()}", f"CHE·NU {tier.name}", "plan")
    for plan in API_PLANS:
        if plan.monthly_price:
            yield ProductWish(f"api_{plan.code.lower()}", f"CHE·NU API {plan.code}", "api")
    for pack in TOKEN_PACKS:
        yield ProductWish(pack.code, f"CHE·NU {pack.tokens} tokens", "pack")


def prices() -> Iterable[PriceWish]:
    for tier in TIERS:
        name = f"plan_{tier.code.lower()}"
        if tier.monthly_price and tier.yearly_price:
            yield PriceWish(name, f"{name}_month_eur", tier.monthly_price, "month")
            yield PriceWish(name, f"{name}_year_eur", tier.yearly_price, "year")
    for plan in API_PLANS:
        name = f"api_{plan.code.lower()}"
        if plan.monthly_price:
            yield PriceWish(name, f"{name}_month_eur", plan.monthly_price, "month")
    for pack in TOKEN_PACKS:
        yield PriceWish(pack.code, f"{pack.code}_eur", pack.price)
