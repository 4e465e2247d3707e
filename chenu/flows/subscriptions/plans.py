"""Tiers as they are sold by card, and as Stripe's products name them."""

from chenu.billing.recurring import BillingInterval
from chenu.core.errors import Invalid
from chenu.core.money import Cents
from chenu.flows.plan_kinds import TIER_PLANS
from chenu.tiers.catalogue import TIERS, TierCode


def lookup_key(tier: TierCode, interval: BillingInterval) -> str:
    """Stripe's name of the price that is sold now."""
    return TIER_PLANS.lookup_key(tier, interval)


def price_of(tier: TierCode, interval: BillingInterval) -> Cents:
    """In cents for each interval. Raises Invalid for a tier that nobody pays for by card."""
    price = TIER_PLANS.prices.get((tier, interval))
    if price is None:
        names = ", ".join(each.name for each in TIERS if each.monthly_price)
        raise Invalid("These plans can be started here: {names}", path=("tier",), names=names)
    return price


def find_tier_of_product(product_id: str) -> TierCode | None:
    """None for a product that is no tier."""
    code = TIER_PLANS.find_item(product_id)
    return TierCode(code) if code else None
