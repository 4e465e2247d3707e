"""I15: Stripe's balance and our books, line by line."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chenu.billing.gateway import BalanceMovement
from chenu.billing.ports import ReportPort
from chenu.core import db
from chenu.core.money import is_our_currency
from chenu.ledger.invariants import Finding, finding


@dataclass(frozen=True, slots=True)
class _Booked:
    stripe_id: str
    amount: int


@dataclass(frozen=True, slots=True)
class _Paid:
    id: str
    whose: str


_OURS = """
    SELECT stripe_charge_id AS stripe_id, gross - discount AS amount FROM purchase_payment
    UNION ALL SELECT stripe_charge_id, gross - discount FROM invoice_payment
    UNION ALL SELECT stripe_id, -amount FROM operation
        WHERE kind = 'TRANSFER' AND state = 'SETTLED'
    UNION ALL SELECT stripe_id, amount FROM operation
        WHERE kind = 'TRANSFER_REVERSAL' AND stripe_id IS NOT NULL
    UNION ALL SELECT o.stripe_id, CASE WHEN t.id IS NULL THEN -o.amount ELSE 0 END
        FROM operation o
        LEFT JOIN ledger_transaction t ON t.business_key = 'refund-failed:' || o.stripe_id
        WHERE o.kind = 'REFUND' AND o.state = 'SETTLED'
            AND NOT EXISTS (SELECT 1 FROM purchase_refund r WHERE r.stripe_refund_id = o.stripe_id)
    UNION ALL SELECT stripe_refund_id, CASE WHEN state = 'FAILED' THEN 0 ELSE -amount END
        FROM purchase_refund WHERE stripe_refund_id IS NOT NULL
    UNION ALL SELECT stripe_refund_id, CASE WHEN failed_at IS NULL THEN -amount ELSE 0 END
        FROM invoice_refund
"""
_GIVEN_BACK = {
    "adjustment": "dispute",
    "payment_refund": "refund",
    "refund": "refund",
    "refund_failure": "refund that failed",
    "transfer_refund": "reversal",
}
"""Lines that somebody may have caused at Stripe's dashboard, and what they are of."""

_COUNTED = frozenset({"charge", "payment", "transfer", *_GIVEN_BACK})
_DISPUTES = ("dp_", "du_")


async def check_stripe(reports: ReportPort, since: datetime) -> Finding:
    """I15: every line of Stripe's balance is booked here with the same amount, and none is missing.

    `since` (business time) bounds what is compared. Raises ProviderUnavailable.
    """
    description = "our books and Stripe's balance name the same objects with the same amounts"
    lines = [line async for line in reports.list_balance_movements(since) if _counts(line)]
    theirs = Counter[str]()
    for line in lines:
        theirs[line.source_id] += line.amount
    ours = Counter({row.stripe_id: row.amount for row in await db.fetch_all(_Booked, _OURS)})
    reasons = await _explain(lines)
    differing = [
        f"{stripe_id}: Stripe {theirs.get(stripe_id)}, we {ours.get(stripe_id)}"
        + reasons.get(stripe_id, "")
        for stripe_id in sorted({*theirs, *ours})
        if theirs.get(stripe_id) != ours.get(stripe_id)
    ]
    return finding("I15", description, differing)


def _counts(line: BalanceMovement) -> bool:
    is_other = line.type == "adjustment" and not line.source_id.startswith(_DISPUTES)
    return line.type in _COUNTED and not is_other


async def _explain(lines: Sequence[BalanceMovement]) -> dict[str, str]:
    """What is in other money, or was given back by hand, and of which purchase or invoice.

    docs/operations.md says what to do.
    """
    sql = """
        SELECT stripe_charge_id AS id, 'purchase ' || purchase AS whose FROM purchase_payment
            WHERE stripe_charge_id = ANY($1)
        UNION ALL SELECT stripe_charge_id, 'invoice ' || invoice FROM invoice_payment
            WHERE stripe_charge_id = ANY($1)
        UNION ALL SELECT stripe_transfer_id, 'purchase ' || purchase FROM purchase_payment
            WHERE stripe_transfer_id = ANY($1)
    """
    foreign = (line for line in lines if not is_our_currency(line.currency))
    reasons = {line.source_id: f" (in {line.currency})" for line in foreign}
    given_back = {line.source_id: line for line in lines if line.type in _GIVEN_BACK}
    ids = [line.of_id for line in given_back.values()]
    known = {row.id: row.whose for row in await db.fetch_all(_Paid, sql, ids)}
    return reasons | {
        stripe_id: f" ({_GIVEN_BACK[line.type]} of {line.of_id}, {known[line.of_id]})"
        for stripe_id, line in given_back.items()
        if line.of_id in known
    }
