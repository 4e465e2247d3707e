"""What is sold as a plan: tiers and API plans, with the names, prices and products of each.

A plan of either kind is changed, mailed, invoiced and withdrawn from by the same code, which asks
here what it is about. docs/decisions/0056.
"""

from collections.abc import Mapping

import msgspec

from chenu.billing.recurring import BillingInterval, SubscriptionKind
from chenu.core.money import Cents
from chenu.metering.plans import API_PLANS
from chenu.tiers.api_plan_codes import ApiPlanCode
from chenu.tiers.catalogue import TIERS

API_PLAN_NAMES = {
    ApiPlanCode.FREE: "API Free",
    ApiPlanCode.BASIC: "API Basic",
    ApiPlanCode.PRO: "API Pro",
    ApiPlanCode.ENTERPRISE: "API Enterprise",
}
"""Beside a tier of the same name: whoever reads an invoice or a mail sees which of the two."""


class PlanKind(msgspec.Struct, frozen=True):
    """`head`: how Stripe's products and prices of this kind begin. `names` from low to high.

    `prices` of what can be bought by card. `page` is where an account's plan stands.
    """

    kind: SubscriptionKind
    head: str
    names: Mapping[str, str]
    prices: Mapping[tuple[str, BillingInterval], Cents]
    page: str

    def find_item(self, product_id: str) -> str | None:
        """None for a product that is no plan of this kind."""
        code = product_id.removeprefix(self.head).upper()
        return code if product_id.startswith(self.head) and code in self.names else None

    def lookup_key(self, item: str, interval: BillingInterval) -> str:
        """Stripe's name of the price that is sold now."""
        return f"{self.head}{item.lower()}_{interval.lower()}_eur"

    def rank(self, item: str) -> int:
        return list(self.names).index(item)


def _tier_prices() -> dict[tuple[str, BillingInterval], Cents]:
    found: dict[tuple[str, BillingInterval], Cents] = {}
    for tier in TIERS:
        if tier.monthly_price and tier.yearly_price:
            found[tier.code, BillingInterval.MONTH] = tier.monthly_price
            found[tier.code, BillingInterval.YEAR] = tier.yearly_price
    return found


TIER_PLANS = PlanKind(
    SubscriptionKind.TIER,
    "plan_",
    {tier.code: tier.name for tier in TIERS},
    _tier_prices(),
    "/account/plan",
)
API_PLANS_SOLD = PlanKind(
    SubscriptionKind.API_PLAN,
    "api_",
    {plan.code: API_PLAN_NAMES[plan.code] for plan in API_PLANS},
    {
        (plan.code, BillingInterval.MONTH): plan.monthly_price
        for plan in API_PLANS
        if plan.monthly_price
    },
    "/account/api-plan",
)
PLAN_KINDS: Mapping[SubscriptionKind, PlanKind] = {
    each.kind: each for each in (TIER_PLANS, API_PLANS_SOLD)
}
"""Monthly agents are purchases: they are none."""


def find_plan_name(product_id: str) -> str | None:
    """Of either kind; None for a product that is no plan."""
    for each in PLAN_KINDS.values():
        item = each.find_item(product_id)
        if item is not None:
            return each.names[item]
    return None


def name_plan(kind: SubscriptionKind, item: str) -> str:
    return PLAN_KINDS[kind].names[item]
