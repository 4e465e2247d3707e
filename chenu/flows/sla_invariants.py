"""What must always hold between samples, their sums, maintenance and credits of contracts.

Numbers as in docs/money.md, "Invariants".
"""

from chenu.core.i18n import mark
from chenu.ledger.invariants import Invariant

SLA = (
    Invariant(
        "I22",
        mark("each credit of a contract, and each refused one, is what its days say"),
        """
        WITH decided AS (
            SELECT id, first_day, last_day, counted, excluded, available FROM contract_credit
            UNION ALL
            SELECT id, first_day, last_day, counted, excluded, available
            FROM contract_credit_refusal
        ), covered AS (
            SELECT c.*, tstzrange(
                greatest(first_day::timestamp AT TIME ZONE 'UTC',
                    (SELECT first_at FROM availability_day WHERE first_at IS NOT NULL
                        ORDER BY day LIMIT 1)),
                (last_day + 1)::timestamp AT TIME ZONE 'UTC') AS period
            FROM decided c
        ), announced AS (
            SELECT range_agg(tstzrange(starts_at, ends_at)) AS spans FROM maintenance
            WHERE canceled_at IS NULL
        ), truth AS (
            SELECT c.*, extract(epoch FROM upper(period) - lower(period))::int AS length,
                coalesce((SELECT sum(extract(epoch FROM upper(r) - lower(r)))::int
                    FROM unnest(announced.spans * period::tstzmultirange) r), 0) AS away,
                (SELECT coalesce(sum(d.available), 0) FROM availability_day d
                    WHERE d.day BETWEEN first_day AND last_day) AS seen
            FROM covered c CROSS JOIN announced
        )
        SELECT 'credit ' || id AS what FROM truth
        WHERE excluded <> away OR counted <> length - away OR available <> least(seen, counted)
        """,
    ),
    Invariant(
        "I22r",
        mark("a credit is refused while it waits, and a refusal that stands is taken back"),
        """
        SELECT 'refusal ' || r.id AS what FROM (
            SELECT id, contract, month, is_taken_back, decided_at,
                lag(is_taken_back, 1, true)
                    OVER (PARTITION BY contract, month ORDER BY id) AS waited
            FROM contract_credit_refusal
        ) r LEFT JOIN contract_credit c USING (contract, month)
        WHERE r.is_taken_back = r.waited OR r.decided_at > c.confirmed_at
        """,
    ),
    Invariant(
        "I22d",
        mark("the sums of the last days are those of their samples"),
        """
        SELECT 'day ' || d.day AS what FROM availability_day d
        WHERE d.day > (SELECT max(day) FROM availability_day) - 3
            AND (available, unavailable) <> (
                SELECT coalesce(sum(seconds) FILTER (WHERE web AND database AND queue), 0),
                    coalesce(sum(seconds) FILTER (WHERE NOT (web AND database AND queue)), 0)
                FROM availability_sample s
                WHERE s.at >= d.day::timestamp AT TIME ZONE 'UTC'
                    AND s.at < (d.day + 1)::timestamp AT TIME ZONE 'UTC'
                    AND NOT EXISTS (SELECT 1 FROM maintenance m WHERE m.canceled_at IS NULL
                        AND m.starts_at <= s.at AND m.ends_at > s.at))
        """,
    ),
)
