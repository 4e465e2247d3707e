"""Which subscriptions Stripe has for us: tiers, by the product that bootstrap-stripe made."""

from chenu.billing.recurring import BillingInterval
from chenu.core.errors import Invalid
from chenu.core.money import Cents
from chenu.tiers.catalogue import TIERS, TierCode, get_tier

_PRODUCT = "plan_"


def lookup_key(tier: TierCode, interval: BillingInterval) -> str:
    """Stripe's name of the price that is sold now."""
    return f"{_PRODUCT}{tier.lower()}_{interval.lower()}_eur"


def price_of(tier: TierCode, interval: BillingInterval) -> Cents:
    """In cents for each interval. Raises Invalid for a tier that nobody pays for by card."""
    plan = get_tier(tier)
    price = plan.monthly_price if interval is BillingInterval.MONTH else plan.yearly_price
    if not price:
        names = ", ".join(each.name for each in TIERS if each.monthly_price)
        raise Invalid("These plans can be started here: {names}", path=("tier",), names=names)
    return price


def find_tier_of_product(product_id: str) -> TierCode | None:
    """None for a product that is no tier."""
    code = product_id.removeprefix(_PRODUCT).upper()
    is_tier = product_id.startswith(_PRODUCT) and code in set(TierCode)
    return TierCode(code) if is_tier else None
