"""Movements and their sums once more, from the history of subscriptions and contracts."""

from collections.abc import Sequence

import msgspec

from chenu.core.long_statements import LongStatements, long_statements

_MOST_NAMED = 50

_MOVEMENTS = """
    SELECT 'movement of account ' || coalesce(m.account, t.account) || ', state '
            || coalesce(m.state, t.state) || ': '
            || coalesce(format('%s %s to %s (gross %s to %s) at %s', m.kind, m.mrr_before,
                m.mrr_after, m.gross_before, m.gross_after, m.moved_at), 'nothing')
            || ' is stored, '
            || coalesce(format('%s %s to %s (gross %s to %s) at %s', t.kind, t.mrr_before,
                t.mrr_after, t.gross_before, t.gross_after, t.moved_at), 'nothing')
            || ' follows from the history' AS what
    FROM mrr_movement m FULL JOIN mrr_movement_truth t ON t.state = m.state
    WHERE (t.account, t.source, t.source_kind, t.kind, t.mrr_before, t.mrr_after,
            t.gross_before, t.gross_after, t.cohort, t.moved_at)
        IS DISTINCT FROM (m.account, m.source, m.source_kind, m.kind, m.mrr_before, m.mrr_after,
            m.gross_before, m.gross_after, m.cohort, m.moved_at)
"""
_DAYS = """
    SELECT format('day %s: %s of %s is stored, %s follows', coalesce(d.day, t.day),
        coalesce(d.value, '0'), coalesce(d.key, t.key), coalesce(t.value, '0')) AS what
    FROM (SELECT day, key, value FROM revenue_day d, jsonb_each_text(to_jsonb(d) - 'day')) d
    FULL JOIN (SELECT day, key, value FROM revenue_day_truth t,
        jsonb_each_text(to_jsonb(t) - 'day')) t ON (t.day, t.key) = (d.day, d.key)
    WHERE coalesce(d.value, '0') <> coalesce(t.value, '0')
"""
_COHORTS = """
    SELECT format('cohort %s in %s: %s cents and %s customers are stored, %s and %s follow',
        coalesce(c.cohort, t.cohort), coalesce(c.month, t.month), coalesce(c.mrr_change, 0),
        coalesce(c.customer_change, 0), coalesce(t.mrr_change, 0), coalesce(t.customer_change, 0))
        AS what
    FROM revenue_cohort c
    FULL JOIN revenue_cohort_truth t ON (t.cohort, t.month) = (c.cohort, c.month)
    WHERE (coalesce(c.mrr_change, 0), coalesce(c.customer_change, 0))
        <> (coalesce(t.mrr_change, 0), coalesce(t.customer_change, 0))
"""


class Comparison(msgspec.Struct, frozen=True):
    """`named` are the first of the `differences`, each as a line."""

    movements: int
    differences: int
    named: Sequence[str]

    @property
    def agrees(self) -> bool:
        return self.differences == 0


async def compare_revenue() -> Comparison:
    """Stored movements and sums beside what follows from the history; changes nothing."""
    async with long_statements(is_snapshot=True) as statements:
        return await _compare(statements)


async def rebuild_revenue() -> Comparison:
    """Replaces what differs, in one transaction; what was different before.

    What changes meanwhile waits.
    """
    async with long_statements() as statements:
        found = await _compare(statements)
        await statements.execute("SELECT rebuild_revenue()")
        return found


async def _compare(statements: LongStatements) -> Comparison:
    lines: list[str] = []
    for sql in (_MOVEMENTS, _DAYS, _COHORTS):
        rows = await statements.fetch_records(f"{sql} ORDER BY 1")
        lines += [row["what"] for row in rows]
    movements = await statements.fetch_value("SELECT count(*) FROM mrr_movement")
    return Comparison(movements, len(lines), tuple(lines[:_MOST_NAMED]))
