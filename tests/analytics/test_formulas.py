"""Formulas without a database: rounding, what is undefined, and when a target is met."""

import pytest

from chenu.analytics.definitions import DEFINITIONS
from chenu.analytics.formulas import compute
from chenu.analytics.model import Metric, TargetCheck, Unit
from chenu.analytics.parts import PARTS, Part
from chenu.analytics.targets import CHECKLIST, FUNNEL, TARGETS
from chenu.analytics.words import show_target, show_value
from chenu.core.i18n import Locale

SUMS = {
    **dict.fromkeys(Part, 0),
    Part.MRR: 10_000,
    Part.PAYING: 3,
    Part.OPENING_CUSTOMERS: 40,
    Part.CHURNED_CUSTOMERS: 1,
    Part.OPENING_MRR: 9_999,
    Part.LOST_MRR: 500,
    Part.COSTS: 1_001,
    Part.NEW_CUSTOMERS: 2,
}


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        (Metric.ARPU, 3333),  # 10000 / 3
        (Metric.CHURN, 250),  # 1 / 40
        (Metric.LTV, 133_333),  # 10000 / 3 * 40, rounded once: not 3333 * 40
        (Metric.CAC, 501),  # 500.5, half up
        (Metric.LTV_CAC, 26_640),  # 133333.33 / 500.5 = 266.40
        (Metric.REVENUE_CHURN, 500),  # 500 / 9999 = 5.0005 %
    ],
    ids=str,
)
def test_each_is_rounded_once_half_up(metric: Metric, value: int) -> None:
    assert compute(metric, SUMS) == value


@pytest.mark.parametrize(
    ("part", "undefined"),
    [
        (Part.PAYING, {Metric.ARPU, Metric.LTV, Metric.LTV_CAC}),
        (Part.CHURNED_CUSTOMERS, {Metric.LTV, Metric.LTV_CAC}),
        (Part.OPENING_CUSTOMERS, {Metric.CHURN}),
        (Part.OPENING_MRR, {Metric.REVENUE_CHURN, Metric.NET_REVENUE_RETENTION}),
        (Part.NEW_CUSTOMERS, {Metric.CAC, Metric.LTV_CAC}),
        (Part.COSTS, {Metric.CAC, Metric.LTV_CAC}),
    ],
    ids=lambda value: str(value) if isinstance(value, Part) else "",
)
def test_by_nothing_nothing_is_divided(part: Part, undefined: set[Metric]) -> None:
    known = {metric for metric in Metric if compute(metric, SUMS) is not None}
    without = {**SUMS, part: 0}

    assert {metric for metric in known if compute(metric, without) is None} == undefined


def check(metric: Metric, actual: int | None) -> TargetCheck:
    target, unit = TARGETS[metric], DEFINITIONS[metric].unit
    return TargetCheck(
        metric, unit, target.value, actual, target.at_most, target.is_strict, target.aim
    )


@pytest.mark.parametrize(
    ("metric", "short", "met"),
    [
        (Metric.MRR, 4_999_999, 5_000_000),
        (Metric.FREE_TO_PAID, 1_000, 1_001),
        (Metric.CHURN, 500, 499),
        (Metric.LTV_CAC, 300, 301),
        (Metric.CAC, 30_001, 30_000),
        (Metric.ROI_SEEN, 9_999, 10_000),
    ],
    ids=str,
)
def test_a_target_is_met_from_its_own_side_on(metric: Metric, short: int, met: int) -> None:
    assert not check(metric, short).met
    assert check(metric, met).met
    assert not check(metric, None).met


def test_the_checklist_has_ten_rows_and_the_funnel_four() -> None:
    assert (len(CHECKLIST), len(FUNNEL), len(TARGETS)) == (10, 4, 17)
    assert list(TARGETS)[:10] == list(CHECKLIST)


def test_every_metric_and_part_has_words() -> None:
    assert DEFINITIONS.keys() == set(Metric)
    assert PARTS.keys() == set(Part)


@pytest.mark.parametrize(
    ("unit", "value", "locale", "shown"),
    [
        (Unit.CENTS, 5_000_000, "en", "€50,000.00"),
        (Unit.COUNT, 1_000, "en", "1,000"),
        (Unit.BASIS_POINTS, 450, "en", "4.5%"),
        (Unit.BASIS_POINTS, 450, "fr", "4,5\N{NO-BREAK SPACE}%"),
        (Unit.RATIO, 325, "fr", "3,25"),
        (Unit.RATIO, None, "en", "not defined"),
    ],
)
def test_a_figure_is_written_for_people(
    unit: Unit, value: int | None, locale: Locale, shown: str
) -> None:
    assert show_value(unit, value, locale) == shown


@pytest.mark.parametrize(
    ("metric", "shown"),
    [
        (Metric.MRR, "≥ €50,000.00"),
        (Metric.CHURN, "< 5%"),
        (Metric.LTV_CAC, "> 3"),
        (Metric.CAC, "≤ €300.00"),
    ],
    ids=str,
)
def test_a_target_is_written_with_its_sign(metric: Metric, shown: str) -> None:
    assert show_target(check(metric, 1), "en") == shown
