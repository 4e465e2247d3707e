"""The API plan of one of the demo's people, bought where a demo begins, and the calls of their
program.

Not a part of the history's file: calls are counted by calendar month, and a demo begins in any.
"""

from datetime import timedelta

import httpx
import msgspec

from chenu.accounts.actor import AccountId, ApiScope
from chenu.billing.recurring import SubscriptionKind
from chenu.billing.subscriptions import find_plan
from chenu.core.clock import business_now
from chenu.demo.acts import own_card, pay
from chenu.demo.advance import wait_until_quiet
from chenu.demo.seed import act_as
from chenu.flows.api_plans.start import ApiPlanStartInput, start_api_plan
from chenu.flows.services import Services
from chenu.flows.subscriptions.state import report_order
from chenu.metering.plans import ApiPlanCode
from chenu.metering.usage import UsageCounts, UsageDay, store_usage

OWNER = "business"
_CARD = own_card(4)
_DAYS = 45
_REFUSED_EVERY = 6
"""Days: the program starts anew then, and asks for more than a minute allows."""


class BuyApiPlan(msgspec.Struct, frozen=True):
    """On Stripe's page."""

    role: str
    plan: ApiPlanCode
    card: str

    async def __call__(self, services: Services) -> None:
        actor = await act_as(self.role)
        request = ApiPlanStartInput(self.plan, actor.locale, starts_now=False)
        order = await start_api_plan(services, actor, request, "demo-api-plan")
        await pay(order.checkout_url, self.card)
        await report_order(services, actor.require_account(ApiScope.READ), order.id)


async def buy_api_plan(services: Services, sandbox: httpx.AsyncClient) -> None:
    """Once: whoever has had one keeps what they made of it. The books are true afterwards.

    Raises ChenuError.
    """
    actor = await act_as(OWNER)
    account_id = actor.require_account(ApiScope.READ)
    if await find_plan(account_id, SubscriptionKind.API_PLAN) is not None:
        return
    await BuyApiPlan(OWNER, ApiPlanCode.BASIC, _CARD)(services)
    await store_usage(_count_calls(account_id))
    await wait_until_quiet(sandbox)


def _count_calls(account_id: AccountId) -> UsageCounts:
    """More on working days, and more as time goes on."""
    counts, today = UsageCounts(), business_now().date()
    for place in range(_DAYS):
        day = today - timedelta(days=_DAYS - 1 - place)
        served = (300 + 12 * place + 37 * (place % 5)) // (1 if day.weekday() < 5 else 8)
        refused = served // 20 if place % _REFUSED_EVERY == 0 else 0
        counts.add(UsageDay(account_id, day), served=served, refused=refused)
    return counts
