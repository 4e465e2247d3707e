"""What the developer's page shows to who is signed in: plan, keys and calls of their account."""

import asyncio

import msgspec

from chenu.accounts.actor import Actor
from chenu.accounts.api_keys import list_api_keys
from chenu.core.clock import business_now
from chenu.core.errors import ChenuError
from chenu.core.months import Month, month_of
from chenu.flows.services import Services
from chenu.metering.plan_of import plan_of
from chenu.metering.plans import ApiPlan
from chenu.metering.usage_report import MonthOfCalls, get_month_of_calls
from chenu.tiers.catalogue import Feature
from chenu.tiers.entitlements import find_refusal
from storefront.usage_chart import UsageChart, draw_usage
from storefront.visitor import account_of


class OwnCalls(msgspec.Struct, frozen=True):
    """`keys_refusal`: why the account has no access to the API. `is_now`: the month that runs."""

    month: Month
    is_now: bool
    plan: ApiPlan
    live_keys: int
    keys_refusal: ChenuError | None
    usage: MonthOfCalls
    chart: UsageChart


async def read_own_calls(services: Services, actor: Actor, month: Month | None) -> OwnCalls:
    """Of the running month if None. Raises Invalid for one that has not begun."""
    account_id, plan, now = account_of(actor), plan_of(actor), month_of(business_now())
    month = month or now
    usage, keys = await asyncio.gather(
        get_month_of_calls(services.limiter, account_id, plan, month),
        list_api_keys([account_id]),
    )
    places = (month.last_day - month.first_day).days + 1
    return OwnCalls(
        month=month,
        is_now=month == now,
        plan=plan,
        live_keys=sum(key.revoked_at is None for key in keys),
        keys_refusal=find_refusal(actor.entitlements, Feature.API_ACCESS),
        usage=usage,
        chart=draw_usage(usage.series, places),
    )
