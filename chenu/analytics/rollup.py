"""What the sums by day and by cohort say of months and days: a few rows a query, at any size."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import accumulate

import msgspec

from chenu.analytics.model import Cohort, MonthMovements, MonthTrials, RevenueTotals
from chenu.core import db
from chenu.core.money import Cents
from chenu.core.months import Month

_NET = "new_mrr + reactivation_mrr + expansion_mrr - contraction_mrr - churn_mrr"
_CUSTOMERS = "new_customers + reactivated_customers - churned_customers"
_TRIALING = "trials_started - trials_converted - trials_lapsed"
_MONTHS = f"""
    SELECT CASE WHEN day >= $1 THEN date_trunc('month', day)::date END AS month,
        sum(new_mrr)::bigint AS new, sum(reactivation_mrr)::bigint AS reactivation,
        sum(expansion_mrr)::bigint AS expansion, sum(contraction_mrr)::bigint AS contraction,
        sum(churn_mrr)::bigint AS churn, sum({_NET})::bigint AS net,
        sum(gross_change)::bigint AS gross,
        sum(new_customers) AS new_customers, sum(reactivated_customers) AS reactivated_customers,
        sum(churned_customers) AS churned_customers, sum({_CUSTOMERS}) AS customers,
        sum(trials_started) AS started, sum(trials_converted) AS converted,
        sum(trials_lapsed) AS lapsed, sum({_TRIALING}) AS trialing
    FROM revenue_day WHERE day <= $2 GROUP BY 1
"""  # noqa: S608 - texts of ours
_TOTALS = f"""
    SELECT coalesce(sum({_NET}), 0)::bigint AS mrr, coalesce(sum(gross_change), 0)::bigint AS gross,
        coalesce(sum({_CUSTOMERS}), 0) AS customers, coalesce(sum({_TRIALING}), 0) AS trialing
    FROM revenue_day WHERE day <= $1
"""  # noqa: S608 - texts of ours
_COHORTS = """
    SELECT cohort, month, mrr_change, customer_change FROM revenue_cohort
    WHERE cohort >= $1 AND cohort <= $2 AND month <= $2
"""


class _Sums(msgspec.Struct, frozen=True):
    month: date | None
    new: int = 0
    reactivation: int = 0
    expansion: int = 0
    contraction: int = 0
    churn: int = 0
    net: int = 0
    gross: int = 0
    new_customers: int = 0
    reactivated_customers: int = 0
    churned_customers: int = 0
    customers: int = 0
    started: int = 0
    converted: int = 0
    lapsed: int = 0
    trialing: int = 0


async def get_mrr_on(on: date) -> RevenueTotals:
    """As of the end of that day (UTC); of today so far."""
    return (await db.fetch_all(RevenueTotals, _TOTALS, on))[0]


async def list_month_movements(first: Month, last: Month) -> list[MonthMovements]:
    """A row for each month, the oldest first, also for those without movements."""
    return [_describe(month, sums, before) for month, sums, before in await _walk(first, last)]


async def list_month_ends(first: Month, last: Month) -> list[tuple[Month, RevenueTotals]]:
    """The totals at the end of each month, the oldest first."""
    return [(month, _add(before, sums)) for month, sums, before in await _walk(first, last)]


async def list_month_trials(first: Month, last: Month) -> list[MonthTrials]:
    return [
        MonthTrials(month, sums.started, sums.converted, sums.lapsed)
        for month, sums, _ in await _walk(first, last)
    ]


async def _walk(first: Month, last: Month) -> list[tuple[Month, _Sums, RevenueTotals]]:
    """Each month with its sums and the totals at its beginning."""
    rows = await db.fetch_all(_Sums, _MONTHS, first.first_day, last.last_day)
    by_month = {row.month: row for row in rows}
    before = _add(RevenueTotals(Cents(0), Cents(0), 0, 0), by_month.get(None, _Sums(None)))
    walked: list[tuple[Month, _Sums, RevenueTotals]] = []
    for month in _months(first, last):
        sums = by_month.get(month.first_day, _Sums(month.first_day))
        walked.append((month, sums, before))
        before = _add(before, sums)
    return walked


def _add(totals: RevenueTotals, sums: _Sums) -> RevenueTotals:
    return RevenueTotals(
        Cents(totals.mrr + sums.net),
        Cents(totals.gross + sums.gross),
        totals.customers + sums.customers,
        totals.trialing + sums.trialing,
    )


def _months(first: Month, last: Month) -> Iterator[Month]:
    month = first
    while month <= last:
        yield month
        month = month.next()


def _describe(month: Month, sums: _Sums, before: RevenueTotals) -> MonthMovements:
    after = _add(before, sums)
    return MonthMovements(
        month,
        opening=before.mrr,
        new=Cents(sums.new),
        reactivation=Cents(sums.reactivation),
        expansion=Cents(sums.expansion),
        contraction=Cents(sums.contraction),
        churn=Cents(sums.churn),
        closing=after.mrr,
        opening_customers=before.customers,
        new_customers=sums.new_customers,
        reactivated_customers=sums.reactivated_customers,
        churned_customers=sums.churned_customers,
        closing_customers=after.customers,
    )


class _CohortChange(msgspec.Struct, frozen=True):
    cohort: date
    month: date
    mrr_change: Cents
    customer_change: int


async def list_cohorts(last: Month, months: int) -> list[Cohort]:
    """Of the `months` months up to `last`, the oldest first, each followed until `last`.

    Also of a month without a new customer.
    """
    starts = _months_until(last, months)
    days = [month.first_day for month in starts]
    rows = await db.fetch_all(_CohortChange, _COHORTS, days[0], days[-1])
    return _follow(starts, days, rows)


def _months_until(last: Month, count: int) -> list[Month]:
    found = [last]
    while len(found) < count:
        found.append(found[-1].previous())
    return found[::-1]


def _follow(
    starts: Sequence[Month], days: Sequence[date], rows: Sequence[_CohortChange]
) -> list[Cohort]:
    """Running sums; a month in which nothing moved is as the one before.

    Few rows make many cells: rows are put into lists of zeros, as looking for the row of each cell
    would take most of the time.
    """
    place_of = {day: place for place, day in enumerate(days)}
    customers = [[0] * (len(days) - place) for place in range(len(days))]
    mrr = [[Cents(0)] * (len(days) - place) for place in range(len(days))]
    for row in rows:
        place = place_of[row.cohort]
        since = place_of[row.month] - place
        customers[place][since] = row.customer_change
        mrr[place][since] = row.mrr_change
    return [
        Cohort(start, tuple(accumulate(counts)), tuple(accumulate(amounts)))
        for start, counts, amounts in zip(starts, customers, mrr, strict=True)
    ]
