"""Invariants of the ledger: each is a query that returns its violations.

Numbers are those of docs/money.md, "Invariants". Checks that need other features' rows are in
chenu/flows/invariants.py; `chenu ledger check` prints all of them.
"""

from collections.abc import Sequence
from datetime import timedelta

import msgspec

from chenu.core.clock import business_now
from chenu.core.i18n import mark
from chenu.core.long_statements import long_statements
from chenu.core.row_reader import read_rows
from chenu.ledger.seals import GENESIS, find_checked, record_checked, verify_seals


class Invariant(msgspec.Struct, frozen=True):
    """`sql` returns one text per violation; no rows when it holds.

    `grows`: it checks entries, from the one after $1 on; 0 for all of them. `looks_back`: $1 is the
    business time so long ago, before which rows that it needs may have been deleted.
    """

    name: str
    description: str
    sql: str
    grows: bool = False
    looks_back: timedelta | None = None


class Finding(msgspec.Struct, frozen=True):
    name: str
    description: str
    violations: int
    samples: tuple[str, ...]

    @property
    def ok(self) -> bool:
        return self.violations == 0


class _Violation(msgspec.Struct, frozen=True):
    what: str


INVARIANTS = (
    Invariant(
        "I1",
        mark("every ledger transaction has entries and sums to zero per asset"),
        """
        SELECT 'transaction ' || t.id || ' ' || coalesce(a.asset, 'is empty') AS what
        FROM ledger_transaction t
        LEFT JOIN ledger_entry e ON e.transaction_id = t.id
        LEFT JOIN ledger_account a ON a.id = e.ledger_account_id
        WHERE $1 = 0 OR t.id IN (SELECT transaction_id FROM ledger_entry WHERE id > $1)
        GROUP BY t.id, a.asset HAVING coalesce(sum(e.amount), 1) <> 0
        """,
        grows=True,
    ),
    Invariant(
        "I1k",
        mark("every ledger transaction stands under its key, and every key has its transaction"),
        """
        SELECT 'transaction ' || t.id AS what FROM ledger_transaction t
        LEFT JOIN ledger_key k ON k.business_key = t.business_key
        WHERE NOT starts_with(t.business_key, 'token:spend:')
            AND k.transaction_id IS DISTINCT FROM t.id
            AND ($1 = 0 OR t.id IN (SELECT transaction_id FROM ledger_entry WHERE id > $1))
        UNION ALL
        SELECT 'key ' || k.business_key FROM ledger_key k
        LEFT JOIN ledger_transaction t ON t.id = k.transaction_id
        WHERE $1 = 0 AND t.business_key IS DISTINCT FROM k.business_key
            AND NOT (t.id IS NULL AND EXISTS (SELECT 1 FROM ledger_archive a
                WHERE k.transaction_id BETWEEN a.first_id AND a.last_id AND a.restored IS NULL
                    AND NOT EXISTS (SELECT 1 FROM ledger_archive r WHERE r.restored = a.id)))
        """,
        grows=True,
    ),
    Invariant(
        "I2",
        mark("the stored balance of an owned account is the sum of its entries"),
        """
        SELECT 'account ' || a.id AS what FROM ledger_account a
        LEFT JOIN ledger_amount e ON e.ledger_account_id = a.id
        WHERE a.owner_id IS NOT NULL AND ($1 = 0
            OR a.id IN (SELECT ledger_account_id FROM ledger_entry WHERE id > $1))
        GROUP BY a.id, a.balance HAVING a.balance IS DISTINCT FROM coalesce(sum(e.amount), 0)
        """,
        grows=True,
    ),
    Invariant(
        "I3",
        mark("no owned account is below zero, and no debt above"),
        """
        SELECT 'account ' || id AS what FROM ledger_account
        WHERE kind <> 'AFFILIATE_PAYABLE'
            AND CASE WHEN kind LIKE '%\\_RECEIVABLE' THEN balance > 0 ELSE balance < 0 END
        """,
    ),
    Invariant(
        "I4",
        mark("each Stripe object belongs to at most one operation of its kind"),
        """
        SELECT kind || ' ' || stripe_id AS what FROM operation
        WHERE stripe_id IS NOT NULL GROUP BY kind, stripe_id HAVING count(*) > 1
        """,
    ),
    Invariant(
        "I14",
        mark("no open operation without a scheduled repair, or 15 minutes after its time"),
        """
        SELECT 'operation ' || id AS what FROM operation WHERE state IN ('INTENT', 'UNKNOWN')
            AND (next_check_at IS NULL OR next_check_at < now() - interval '15 minutes')
        """,
    ),
)

_SEALS = mark("the entries match their seals, link by link")


async def check_ledger(*, whole: bool, more: Sequence[Invariant] = ()) -> list[Finding]:
    """Checks all entries, or those after the last one that a check found correct.

    `more` are invariants of features that grow with the entries.
    """
    start = GENESIS if whole else await find_checked()
    findings = await check_all((*INVARIANTS, *more), after=start.last_entry)
    seals = await verify_seals(start)
    findings.append(finding("I13", _SEALS, seals.broken))
    if not whole and seals.reached != start and all(found.ok for found in findings):
        await record_checked(seals.reached)
    return findings


async def check_all(invariants: Sequence[Invariant], *, after: int = 0) -> list[Finding]:
    return [await check(invariant, after=after) for invariant in invariants]


async def check(invariant: Invariant, *, after: int = 0) -> Finding:
    args: tuple[object, ...] = (after,) if invariant.grows else ()
    if invariant.looks_back is not None:
        args = (business_now() - invariant.looks_back,)
    async with long_statements() as statements:
        records = await statements.fetch_records(invariant.sql, *args)
    rows = [row.what for row in read_rows(_Violation, records)]
    return finding(invariant.name, invariant.description, rows)


def finding(name: str, description: str, violations: Sequence[str]) -> Finding:
    return Finding(name, description, len(violations), tuple(violations[:10]))
