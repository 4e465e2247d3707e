"""What an account called the API for: a month, by day."""

from datetime import date, datetime
from typing import Annotated

import strawberry

from chenu.accounts.queries import Account as AccountRow
from chenu.core.clock import business_now
from chenu.core.months import Month
from chenu.metering.plan_of import plan_of
from chenu.metering.usage_report import MonthOfCalls, get_month_of_calls
from chenu_graphql.context import Info
from chenu_graphql.fields import Weight, argument, field
from chenu_graphql.permissions import PARENT
from chenu_graphql.scalars import BigInt

_MOST_DAYS = 31


@strawberry.type(description="Calls of one day.")
class ApiUsagePoint:
    day: date = field("UTC.", PARENT, name="date")
    calls: BigInt = field("Those served.", PARENT)
    refused: BigInt = field("Those refused by the rate or the quota.", PARENT)


@strawberry.type(description="Calls of a calendar month (UTC), of all keys of an account together.")
class ApiUsage:
    month: date = field("Its first day.", PARENT)
    calls: BigInt = field("Those served, up to this moment.", PARENT)
    limit: BigInt | None = field(
        "What the plan allows in the running month; null: no limit, or a month that is over.",
        PARENT,
    )
    remaining: BigInt | None = field("What is left of it; null as the limit.", PARENT)
    resets_at: datetime | None = field(
        "When the running month ends and its calls begin anew; null: it is over.", PARENT
    )
    series: list[ApiUsagePoint] = field(
        "Each day up to today, those without calls as well, a few seconds behind the sum.",
        PARENT,
        weight=Weight(size=_MOST_DAYS),
    )


async def resolve_api_usage(
    root: strawberry.Parent[AccountRow],
    info: Info,
    month: Annotated[date | None, argument("A day of it, UTC; null: the running one.")] = None,
) -> MonthOfCalls:
    """The account is the one acted for, whose plan the request knows already."""
    day = business_now().date() if month is None else month
    plan = plan_of(info.context.actor)
    limiter = info.context.services.limiter
    return await get_month_of_calls(limiter, root.id, plan, Month(day.year, day.month))
