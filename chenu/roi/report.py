"""A report about a period, from runs, what was paid, and the account's settings. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from enum import StrEnum

import msgspec

from chenu.agents.model import AgentId
from chenu.agents.run_totals import RunTotal
from chenu.core.money import BasisPoints, Cents
from chenu.roi.costs import PaidItem, cost_within
from chenu.roi.formulas import (
    DEFAULT_HOURLY_RATE,
    return_on,
    split_value,
    value_of,
)
from chenu.roi.periods import RoiPeriod, Span, list_steps


class RoiSettings(msgspec.Struct, frozen=True):
    """The account's own; None where it has none."""

    hourly_rate: Cents | None = None
    seconds_per_run: int | None = None

    @property
    def rate(self) -> Cents:
        return DEFAULT_HOURLY_RATE if self.hourly_rate is None else self.hourly_rate


class MinutesSource(StrEnum):
    """Where the minutes come from of runs that reported none."""

    SETTING = "SETTING"
    CLAIM = "CLAIM"


class AgentRoi(msgspec.Struct, frozen=True):
    """`timed_runs` reported `timed_seconds`; the others are estimated."""

    agent_id: AgentId
    executions: int
    seconds: int
    value_created: Cents
    tokens_used: int
    timed_runs: int
    timed_seconds: int

    @property
    def estimated_runs(self) -> int:
        return self.executions - self.timed_runs

    @property
    def estimated_seconds(self) -> int:
        return self.seconds - self.timed_seconds


class StepRoi(msgspec.Struct, frozen=True):
    """A step of the series: a day, a week or a month."""

    span: Span
    executions: int
    seconds: int
    value_created: Cents
    cost: Cents


class ItemCost(msgspec.Struct, frozen=True):
    """How much of what was paid is of the period."""

    item: PaidItem
    cost: Cents


class RoiReport(msgspec.Struct, frozen=True):
    """`roi` is in hundredths of a per cent; None where the period cost nothing."""

    period: RoiPeriod
    span: Span
    settings: RoiSettings
    executions: int
    seconds: int
    value_created: Cents
    cost: Cents
    series: Sequence[StepRoi]
    by_agent: Sequence[AgentRoi]
    items: Sequence[ItemCost]

    @property
    def hourly_rate(self) -> Cents:
        return self.settings.rate

    @property
    def minutes_source(self) -> MinutesSource:
        """Of runs that reported no minutes."""
        if self.settings.seconds_per_run is None:
            return MinutesSource.CLAIM
        return MinutesSource.SETTING

    @property
    def roi(self) -> BasisPoints | None:
        return return_on(self.cost, self.value_created)


def make_report(
    period: RoiPeriod,
    span: Span,
    settings: RoiSettings,
    runs: Sequence[RunTotal],
    paid: Sequence[PaidItem],
) -> RoiReport:
    """`runs` are those of the span."""
    items = [ItemCost(item, cost_within(item, span)) for item in paid]
    items = [each for each in items if each.cost]
    by_agent = _sum_by_agent(runs, settings)
    seconds = sum(agent.seconds for agent in by_agent)
    return RoiReport(
        period,
        span,
        settings,
        sum(agent.executions for agent in by_agent),
        seconds,
        value_of(seconds, settings.rate),
        Cents(sum(each.cost for each in items)),
        _sum_by_step(list_steps(period, span), runs, settings, items),
        by_agent,
        items,
    )


def _saved(totals: Iterable[RunTotal], settings: RoiSettings) -> int:
    """What the runs reported; for the others the setting, else what their agents claimed."""
    own = settings.seconds_per_run
    return sum(
        total.timed_seconds
        + (total.claimed_seconds if own is None else own * (total.runs - total.timed_runs))
        for total in totals
    )


def _sum_by_agent(runs: Sequence[RunTotal], settings: RoiSettings) -> list[AgentRoi]:
    """What saved most first."""
    of_agents: defaultdict[AgentId, list[RunTotal]] = defaultdict(list)
    for total in runs:
        of_agents[total.agent_id].append(total)
    seconds = {agent_id: _saved(totals, settings) for agent_id, totals in of_agents.items()}
    ordered = sorted(of_agents, key=lambda agent_id: (-seconds[agent_id], agent_id))
    values = split_value([seconds[agent_id] for agent_id in ordered], settings.rate)
    return [
        AgentRoi(
            agent_id,
            sum(total.runs for total in of_agents[agent_id]),
            seconds[agent_id],
            value,
            sum(total.tokens for total in of_agents[agent_id]),
            sum(total.timed_runs for total in of_agents[agent_id]),
            sum(total.timed_seconds for total in of_agents[agent_id]),
        )
        for agent_id, value in zip(ordered, values, strict=True)
    ]


def _sum_by_step(
    steps: Sequence[Span],
    runs: Sequence[RunTotal],
    settings: RoiSettings,
    items: Sequence[ItemCost],
) -> list[StepRoi]:
    days = [max(total.day, steps[0].first) for total in runs]  # a week may begin before the span
    of_steps = [
        [total for total, day in zip(runs, days, strict=True) if step.contains(day)]
        for step in steps
    ]
    seconds = [_saved(totals, settings) for totals in of_steps]
    values = split_value(seconds, settings.rate)
    return [
        StepRoi(
            step,
            sum(total.runs for total in totals),
            saved,
            value,
            Cents(sum(cost_within(each.item, step) for each in items)),
        )
        for step, totals, saved, value in zip(steps, of_steps, seconds, values, strict=True)
    ]
