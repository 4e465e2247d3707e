"""The last result of each invariant's check, for the back office."""

from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter

import msgspec

from chenu.core import db
from chenu.core.clock import system_now
from chenu.core.rows import Columns
from chenu.ledger.invariants import Finding
from chenu.ledger.tables import LedgerFinding


class FindingRow(msgspec.Struct, frozen=True):
    """`checked_at` and `violated_since` are on the system clock, in UTC."""

    name: str
    description: str
    violations: int
    samples: list[str]
    checked_at: datetime
    violated_since: datetime | None

    @property
    def ok(self) -> bool:
        return self.violations == 0


_COLUMNS = Columns(FindingRow, LedgerFinding).select()

_RECORD = """
    INSERT INTO ledger_finding AS stored
        (name, description, violations, samples, checked_at, violated_since)
    SELECT name, description, violations,
        ARRAY(SELECT jsonb_array_elements_text(samples::jsonb)), $5,
        CASE WHEN violations > 0 THEN $5::timestamptz END
    FROM unnest($1::text[], $2::text[], $3::int[], $4::text[])
        AS found (name, description, violations, samples)
    ORDER BY name
    ON CONFLICT (name) DO UPDATE SET description = excluded.description,
        violations = excluded.violations, samples = excluded.samples,
        checked_at = excluded.checked_at,
        violated_since = CASE WHEN excluded.violations > 0
            THEN coalesce(stored.violated_since, excluded.violated_since) END
    WHERE stored.checked_at <= excluded.checked_at
"""


async def record_findings(findings: Sequence[Finding]) -> None:
    """Replaces the results of these invariants; those of a later check stay."""
    columns = zip(*(_as_row(found) for found in findings), strict=True)
    await db.execute(_RECORD, *columns, system_now())


def _as_row(found: Finding) -> tuple[str, str, int, str]:
    samples = msgspec.json.encode(found.samples).decode()
    return (found.name, found.description, found.violations, samples)


async def list_findings() -> list[FindingRow]:
    """The violated ones first, then by name: a row an invariant, so that one page holds all."""
    sql = f"SELECT {_COLUMNS} FROM ledger_finding ORDER BY name"  # noqa: S608 - own columns
    return sorted(await db.fetch_all(FindingRow, sql), key=attrgetter("ok"))
