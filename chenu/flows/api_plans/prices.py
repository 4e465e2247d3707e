"""Which API plans are sold by card, and what to do for those that are not."""

from chenu.billing.recurring import BillingInterval
from chenu.core.errors import Invalid
from chenu.core.i18n import mark
from chenu.core.money import Cents
from chenu.flows.plan_kinds import API_PLANS_SOLD
from chenu.tiers.api_plan_codes import ApiPlanCode

MONTH = BillingInterval.MONTH
"""API plans are paid by the month alone."""

_REFUSALS = {
    ApiPlanCode.FREE: mark(
        "The free API plan needs no start: every account with API access has it, and a paid plan "
        "that is cancelled falls back to it"
    ),
    ApiPlanCode.ENTERPRISE: mark(
        "API Enterprise comes with a contract: ask us for one on the page /enterprise"
    ),
}


def price_of(plan: ApiPlanCode) -> Cents:
    """In cents a month. Raises Invalid for a plan that nobody pays for by card, with a way."""
    price = API_PLANS_SOLD.prices.get((plan, MONTH))
    if price is None:
        raise Invalid(_REFUSALS[plan], path=("plan",))
    return price
