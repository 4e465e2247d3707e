"""A return on investment as its pages and files show it."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

import msgspec

from chenu.agents.model import AgentId, AgentStatus
from chenu.agents.queries import list_agents_by_id
from chenu.agents.rows import AgentRow
from chenu.core.i18n import Locale, translate
from chenu.core.money import Cents
from chenu.roi.periods import RoiPeriod, Span, find_earlier, find_later, find_span
from chenu.roi.report import AgentRoi, ItemCost, RoiReport
from storefront.charts import LineChart, draw_lines
from storefront.roi_words import COSTS, hours_of, name_period, name_step, show_percent

_LEAST_EUROS = 100
_MOST_AGENTS = 50


class PeriodLink(msgspec.Struct, frozen=True):
    """`words` is the name of a period to look at."""

    url: str
    words: str


class StepLine(msgspec.Struct, frozen=True):
    """`is_to_come`: only what was paid for it is known."""

    label: str
    executions: int
    hours: Decimal
    value: Cents
    cost: Cents
    is_to_come: bool


class AgentLine(msgspec.Struct, frozen=True):
    """`slug` is None for one that has no page of its own now."""

    name: str
    slug: str | None
    hours: Decimal
    of: AgentRoi


class CostLine(msgspec.Struct, frozen=True):
    """`covered` are the days that were paid for; `days` of `of_days` are of the period."""

    words: str
    paid: Cents
    covered: Span
    days: int
    of_days: int
    cost: Cents


class RoiView(msgspec.Struct, frozen=True):
    report: RoiReport
    title: str
    hours: Decimal
    percent: str | None
    earlier: PeriodLink | None
    later: PeriodLink | None
    chart: LineChart
    steps: Sequence[StepLine]
    agents: Sequence[AgentLine]
    costs: Sequence[CostLine]
    today: date

    @property
    def is_running(self) -> bool:
        return self.report.span.last >= self.today

    @property
    def shown_agents(self) -> Sequence[AgentLine]:
        """Those that saved most: files have all of them."""
        return self.agents[:_MOST_AGENTS]

    @property
    def anchor(self) -> date:
        """The day that other lengths of period are about: today where it is in this one."""
        span = self.report.span
        return self.today if span.contains(self.today) else span.first

    def url(self, path: str) -> str:
        return url_of(path, self.report.period, self.report.span.first)


def url_of(path: str, period: RoiPeriod, on: date) -> str:
    return f"{path}?period={period}&on={on}"


async def make_view(report: RoiReport, today: date, locale: Locale) -> RoiView:
    names = await _read_agents(report)
    steps = _list_steps(report, today, locale)
    return RoiView(
        report=report,
        title=name_period(report.period, report.span, locale),
        hours=hours_of(report.seconds),
        percent=None if report.roi is None else show_percent(report.roi, locale),
        earlier=_link(report.period, find_earlier(report.span), locale),
        later=_link(report.period, find_later(report.span, today), locale),
        chart=_draw(steps),
        steps=steps,
        agents=[_describe_agent(each, names[each.agent_id], locale) for each in report.by_agent],
        costs=[_describe_cost(each, report.span, names, locale) for each in report.items],
        today=today,
    )


async def _read_agents(report: RoiReport) -> dict[AgentId, AgentRow]:
    """Those that ran and those that were paid for, in any state: they are the account's own."""
    bought = [each.item.agent_id for each in report.items if each.item.agent_id is not None]
    ids = {*(agent.agent_id for agent in report.by_agent), *map(AgentId, bought)}
    return {agent.id: agent for agent in await list_agents_by_id(sorted(ids))} if ids else {}


def _link(period: RoiPeriod, on: date | None, locale: Locale) -> PeriodLink | None:
    if on is None:
        return None
    span = find_span(period, on)
    return PeriodLink(url_of("/roi", period, span.first), name_period(period, span, locale))


def _list_steps(report: RoiReport, today: date, locale: Locale) -> list[StepLine]:
    return [
        StepLine(
            name_step(report.period, step.span.first, locale),
            step.executions,
            hours_of(step.seconds),
            step.value_created,
            step.cost,
            step.span.first > today,
        )
        for step in report.series
    ]


def _draw(steps: Sequence[StepLine]) -> LineChart:
    series: dict[str, Sequence[int]] = {
        "cost": [step.cost for step in steps],
        "value": [step.value for step in steps if not step.is_to_come],
    }
    return draw_lines(series, len(steps), least=_LEAST_EUROS)


def _describe_agent(agent: AgentRoi, row: AgentRow, locale: Locale) -> AgentLine:
    slug = row.slug if row.status is AgentStatus.PUBLISHED else None
    return AgentLine(row.text(locale).name, slug, hours_of(agent.seconds), agent)


def _describe_cost(
    each: ItemCost, span: Span, agents: Mapping[AgentId, AgentRow], locale: Locale
) -> CostLine:
    item, covered = each.item, each.item.covered
    agent = None if item.agent_id is None else agents[AgentId(item.agent_id)]
    reference = item.reference if agent is None else agent.text(locale).name
    days = (min(covered.last, span.last) - max(covered.first, span.first)).days + 1
    return CostLine(
        translate(locale, COSTS[item.kind], reference=reference),
        item.paid,
        covered,
        days,
        (covered.last - covered.first).days + 1,
        each.cost,
    )
