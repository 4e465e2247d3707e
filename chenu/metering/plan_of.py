"""Which API plan an account has: FREE until it buys another, ENTERPRISE while a contract runs."""

from typing import Protocol

from chenu.accounts.actor import AccountId
from chenu.accounts.api_plans import get_api_terms
from chenu.metering.plans import ApiPlan, ApiPlanCode, get_api_plan
from chenu.tiers.catalogue import TierCode


class HasApiTerms(Protocol):
    """An actor, or what is stored of an account."""

    @property
    def tier(self) -> TierCode: ...
    @property
    def api_plan(self) -> ApiPlanCode: ...
    @property
    def api_calls(self) -> int | None: ...
    @property
    def api_rate(self) -> int | None: ...


def plan_of(terms: HasApiTerms) -> ApiPlan:
    """Without a read of the database: a request's actor has what it needs.

    ENTERPRISE has the calls that the contract says.
    """
    if terms.tier is TierCode.ENTERPRISE:
        return ApiPlan(ApiPlanCode.ENTERPRISE, terms.api_calls, None, terms.api_rate)
    return get_api_plan(terms.api_plan)


async def get_current_plan(account_id: AccountId) -> ApiPlan:
    """By one read. Raises NotFound for an account that there is not."""
    return plan_of(await get_api_terms(account_id))
