"""Each metric as a formula over sums of rows. Whole numbers, rounded half up once at the end."""

from collections.abc import Callable, Mapping

from chenu.analytics.model import Metric
from chenu.analytics.parts import METRIC_PARTS, Part
from chenu.core.money import WHOLE, divide_half_up

Sums = Mapping[Part, int]

HUNDREDTHS = 100
_MONTHS = 12


def compute(metric: Metric, sums: Sums) -> int | None:
    """In the metric's unit; None where it is not defined, as a rate of nothing is not."""
    return _FORMULAS.get(metric, _single(metric))(sums)


def _single(metric: Metric) -> Callable[[Sums], int | None]:
    """The sum itself, or the rate of two sums in basis points."""
    parts = METRIC_PARTS[metric]
    if len(parts) == 1:
        return lambda sums: sums[parts[0]]
    return lambda sums: divide(sums[parts[0]] * WHOLE, sums[parts[1]])


def divide(amount: int, by: int) -> int | None:
    """Half up; None by nothing."""
    return divide_half_up(amount, by) if by > 0 else None


def _arr(sums: Sums) -> int:
    return _MONTHS * sums[Part.MRR]


def _arpu(sums: Sums) -> int | None:
    return divide(sums[Part.MRR], sums[Part.PAYING])


def _ltv_parts(sums: Sums) -> tuple[int, int]:
    """ARPU ÷ churn = (MRR ÷ paying) ÷ (churned ÷ opening), as one division."""
    return (
        sums[Part.MRR] * sums[Part.OPENING_CUSTOMERS],
        sums[Part.PAYING] * sums[Part.CHURNED_CUSTOMERS],
    )


def _ltv(sums: Sums) -> int | None:
    return divide(*_ltv_parts(sums))


def _cac(sums: Sums) -> int | None:
    """None where no cost is recorded: 0 would read as a target that is met."""
    if not sums[Part.COSTS]:
        return None
    return divide(sums[Part.COSTS], sums[Part.NEW_CUSTOMERS])


def _ltv_cac(sums: Sums) -> int | None:
    """In hundredths; None where either is not defined, and where nothing was spent."""
    amount, by = _ltv_parts(sums)
    if not by or not sums[Part.NEW_CUSTOMERS]:
        return None
    return divide(amount * sums[Part.NEW_CUSTOMERS] * HUNDREDTHS, by * sums[Part.COSTS])


def _retention(sums: Sums) -> int | None:
    left = sums[Part.OPENING_MRR] + sums[Part.EXPANSION] - sums[Part.LOST_MRR]
    return divide(left * WHOLE, sums[Part.OPENING_MRR])


_FORMULAS: Mapping[Metric, Callable[[Sums], int | None]] = {
    Metric.ARR: _arr,
    Metric.ARPU: _arpu,
    Metric.LTV: _ltv,
    Metric.CAC: _cac,
    Metric.LTV_CAC: _ltv_cac,
    Metric.NET_REVENUE_RETENTION: _retention,
}
