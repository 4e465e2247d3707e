"""Return on investment of an account: the report, its series and agents, and own numbers."""

from datetime import date
from typing import Annotated, Any, Protocol

import strawberry
from msgspec import UNSET

from chenu.accounts.queries import Account as AccountRow
from chenu.agents.rows import AgentRow
from chenu.core.clock import business_now
from chenu.flows.roi.reports import get_roi_report
from chenu.roi.formulas import SECONDS_PER_HOUR
from chenu.roi.periods import RoiPeriod, find_span
from chenu.roi.report import AgentRoi, StepRoi
from chenu.roi.report import RoiReport as Report
from chenu.roi.settings import RoiSettingsInput as SettingsChange
from chenu.roi.settings import update_settings
from chenu_graphql.context import Info
from chenu_graphql.errors import UserError
from chenu_graphql.fields import Weight, argument, field, input_argument, input_field
from chenu_graphql.market import Agent
from chenu_graphql.money import Money
from chenu_graphql.payloads import Payload, user_errors
from chenu_graphql.permissions import PARENT
from chenu_graphql.scalars import BigInt
from chenu_graphql.stale_loaders import RoiKey

_MOST_STEPS = 31
_USUAL_AGENTS = 25
_SECONDS_PER_MINUTE = 60
_PER_CENT = 100


class _Saved(Protocol):
    """What a report, a step and an agent have in common."""

    @property
    def seconds(self) -> int: ...


def _hours(root: strawberry.Parent[_Saved]) -> float:
    return root.seconds / SECONDS_PER_HOUR


def _day_of_step(root: strawberry.Parent[StepRoi]) -> date:
    return root.span.first


@strawberry.type(description="A day of a month, a week of a quarter, or a month of a year.")
class RoiPoint:
    day: date = field("Its first day, UTC.", PARENT, _day_of_step, name="date")
    executions: int = field("Completed runs.", PARENT)
    saved_hours: float = field("What they saved.", PARENT, _hours)
    value_created: Money = field("What that is worth.", PARENT)
    cost: Money | None = field("What was paid for these days, without VAT.", PARENT)


async def _agent(root: strawberry.Parent[AgentRoi], info: Info) -> AgentRow | None:
    return await info.context.loaders.agents.load(root.agent_id)


@strawberry.type(description="The part of one agent.")
class RoiByAgent:
    agent: Agent = field("Which one.", PARENT, _agent)
    executions: int = field("Its completed runs.", PARENT)
    saved_hours: float = field("What they saved.", PARENT, _hours)
    value_created: Money = field("What that is worth.", PARENT)
    tokens_used: BigInt = field("What they used.", PARENT)


_Report = strawberry.Parent[Report]


def _first(root: _Report) -> date:
    return root.span.first


def _last(root: _Report) -> date:
    return root.span.last


def _own_minutes(root: _Report) -> float | None:
    seconds = root.settings.seconds_per_run
    return None if seconds is None else seconds / _SECONDS_PER_MINUTE


def _percent(root: _Report) -> float | None:
    return None if root.roi is None else root.roi / _PER_CENT


@strawberry.type(description="What runs of agents saved in a period, against what was paid for it.")
class RoiReport:
    first: date = field("The period's first day, UTC.", PARENT, _first, name="from")
    last: date = field("Its last day.", PARENT, _last, name="to")
    executions: int = field("Completed runs.", PARENT)
    saved_hours: float = field(
        "By the run's own minutes, else the account's, else the agent's claim.", PARENT, _hours
    )
    hourly_rate: Money = field("The account's own, else 50 €.", PARENT)
    minutes_per_execution: float | None = field(
        "The account's own; null: what each agent claims counts.", PARENT, _own_minutes
    )
    value_created: Money = field("The hours at the hourly rate.", PARENT)
    cost: Money = field(
        "What was paid for the period without VAT, refunds off: a plan's invoice by its days, "
        "packs and agents on the day paid.",
        PARENT,
    )
    roi_percent: float | None = field(
        "(value - cost) / cost in percent, half up to two decimals; null when nothing was paid.",
        PARENT,
        _percent,
    )
    series: list[RoiPoint] = field(
        "By day, week or month, those without runs as well; its sums are the report's.",
        PARENT,
        weight=Weight(size=_MOST_STEPS),
    )
    by_agent: list[RoiByAgent] = field(
        "What saved most first; its sums are the report's.",
        PARENT,
        weight=Weight(size=_USUAL_AGENTS),
    )


async def resolve_roi(
    root: strawberry.Parent[AccountRow],
    info: Info,
    period: Annotated[
        RoiPeriod, argument("A month, quarter or year of the calendar.")
    ] = RoiPeriod.MONTH,
    on: Annotated[date | None, argument("A day of it, UTC; null: today.")] = None,
) -> Report:
    day = business_now().date() if on is None else on
    find_span(period, day)  # a refusal would be shared by all that the loader loads at once
    return await info.context.stale_loaders.roi_reports.load(RoiKey(root.id, period, day))


@strawberry.input(description="The account's own numbers; what is absent stays.")
class RoiSettingsInput:
    hourly_rate_minor: BigInt | None = input_field(
        "What an hour is worth, 100 to 1000000 cents; null: 5000 counts again.",
        default=strawberry.UNSET,
    )
    minutes_per_execution: float | None = input_field(
        "What a run saves that does not say so itself, more than 0 and at most 1440; "
        "null: the agent's claim counts again.",
        default=strawberry.UNSET,
    )


@strawberry.type(description="This month's report by the numbers as they are afterwards.")
class RoiSettingsPayload:
    roi: RoiReport | None = field("null where it was refused.", PARENT)
    user_errors: list[UserError] = user_errors()


def _given(value: Any) -> Any:
    return UNSET if value is strawberry.UNSET else value


async def resolve_settings_update(
    info: Info, data: Annotated[RoiSettingsInput, input_argument()]
) -> Payload:
    actor = info.context.actor
    change = SettingsChange(_given(data.hourly_rate_minor), _given(data.minutes_per_execution))
    account_id = await update_settings(actor, change)
    today = business_now().date()  # asked anew: a document may change the numbers twice
    return Payload(roi=await get_roi_report(account_id, RoiPeriod.MONTH, today))
