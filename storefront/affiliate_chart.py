"""What became of an affiliate's link by day or month: two rows of bars, and the same as a table."""

from collections.abc import Sequence
from datetime import date, timedelta

import msgspec

from chenu.affiliates.statistics import Step, StepSums
from chenu.core.clock import business_now
from chenu.core.money import Cents
from chenu.core.months import month_of
from storefront.earnings_chart import DAYS, EarningsChart, draw_values

MONTHS = 12


class AffiliateChart(msgspec.Struct, frozen=True):
    """`rows` are the steps in which something happened, the newest first."""

    step: Step
    clicks: EarningsChart
    earned: EarningsChart
    rows: Sequence[StepSums]


def list_first_days(step: Step) -> list[date]:
    """The last 30 days or 12 months, the running one included, the oldest first."""
    now = business_now()
    if step is Step.DAY:
        return [now.date() - timedelta(days=back) for back in reversed(range(DAYS))]
    months = [month_of(now)]
    while len(months) < MONTHS:
        months.append(months[-1].previous())
    return [month.first_day for month in reversed(months)]


def draw_steps(step: Step, found: Sequence[StepSums]) -> AffiliateChart:
    days = list_first_days(step)
    by_day = {sums.first_day: sums for sums in found}
    rows = [by_day.get(day) or StepSums(day, 0, 0, Cents(0)) for day in days]
    return AffiliateChart(
        step,
        draw_values(days, [row.clicks for row in rows]),
        draw_values(days, [row.earned for row in rows]),
        [row for row in reversed(rows) if row.clicks or row.sign_ups or row.earned],
    )
