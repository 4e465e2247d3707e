"""A return on investment as a table for spreadsheets: the whole, each step, each agent."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from chenu.core.i18n import Locale, mark, translate
from storefront.csv_export import Cell, in_euros
from storefront.roi_view import RoiView

COLUMNS = (
    mark("Row"),
    mark("From"),
    mark("To"),
    mark("Agent"),
    mark("Runs"),
    mark("Hours saved"),
    mark("Value created, EUR"),
    mark("Cost, EUR"),
    mark("Return, %"),
    mark("Tokens"),
)
_PERIOD = mark("Period")
_STEP = mark("Part of the period")
_AGENT = mark("Agent")
_PER_CENT = 100


def list_head(locale: Locale) -> Sequence[str]:
    return [translate(locale, column) for column in COLUMNS]


def list_rows(view: RoiView, locale: Locale) -> Iterable[Sequence[Cell]]:
    """Days that are to come have their cost alone."""
    report = view.report
    first, last = str(report.span.first), str(report.span.last)
    roi = None if report.roi is None else Decimal(report.roi) / _PER_CENT
    whole = (report.executions, view.hours, in_euros(report.value_created), in_euros(report.cost))
    tokens = sum(agent.of.tokens_used for agent in view.agents)
    yield (translate(locale, _PERIOD), first, last, None, *whole, roi, tokens)
    for step, line in zip(report.series, view.steps, strict=True):
        days = (str(step.span.first), str(step.span.last))
        known = (line.executions, line.hours, in_euros(line.value))
        saved: Sequence[Cell] = (None, None, None) if line.is_to_come else known
        yield (translate(locale, _STEP), *days, None, *saved, in_euros(line.cost), None, None)
    for agent in view.agents:
        saved = (agent.of.executions, agent.hours, in_euros(agent.of.value_created))
        name = translate(locale, _AGENT)
        yield (name, first, last, agent.name, *saved, None, None, agent.of.tokens_used)
