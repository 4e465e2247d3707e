"""The sums of parts that the rollup has: a row a day, whatever the number of customers."""

from collections.abc import Mapping, Sequence

from chenu.analytics.parts import Part
from chenu.analytics.spans import MetricSpan
from chenu.core import db

_NET = "new_mrr + reactivation_mrr + expansion_mrr - contraction_mrr - churn_mrr"
_CUSTOMERS = "new_customers + reactivated_customers - churned_customers"
_BEFORE = "d.day < span.since"
_SINCE = "d.day >= span.since"

_ROLLED: Mapping[Part, tuple[str, str]] = {
    Part.MRR: (_NET, "true"),
    Part.MRR_GROSS: ("gross_change", "true"),
    Part.PAYING: (_CUSTOMERS, "true"),
    Part.TRIALING: ("trials_started - trials_converted - trials_lapsed", "true"),
    Part.EVER_PAYING: ("new_customers", "true"),
    Part.OPENING_MRR: (_NET, _BEFORE),
    Part.OPENING_CUSTOMERS: (_CUSTOMERS, _BEFORE),
    Part.NEW_CUSTOMERS: ("new_customers", _SINCE),
    Part.CHURNED_CUSTOMERS: ("churned_customers", _SINCE),
    Part.EXPANSION: ("expansion_mrr", _SINCE),
    Part.LOST_MRR: ("contraction_mrr + churn_mrr", _SINCE),
    Part.TRIALS_STARTED: ("trials_started", _SINCE),
    Part.TRIALS_CONVERTED: ("trials_converted", _SINCE),
}
"""What is added up of a day, and which days."""

ROLLED = frozenset(_ROLLED)

_SUMS = ", ".join(
    f"coalesce(sum({amount}) FILTER (WHERE {days}), 0)::bigint AS {part}"
    for part, (amount, days) in _ROLLED.items()
)
_TOTALS = f"""
    SELECT {_SUMS}
    FROM unnest($1::date[], $2::date[]) WITH ORDINALITY AS span (since, before, place)
    LEFT JOIN revenue_day d ON d.day < span.before
    GROUP BY span.place ORDER BY span.place
"""  # noqa: S608 - texts of ours


async def sum_rollup(spans: Sequence[MetricSpan]) -> list[Mapping[Part, int]]:
    """Of each span, in their order."""
    since = [span.since.date() for span in spans]
    before = [span.before.date() for span in spans]
    records = await db.fetch_records(_TOTALS, since, before)
    return [{part: record[part.lower()] for part in _ROLLED} for record in records]
