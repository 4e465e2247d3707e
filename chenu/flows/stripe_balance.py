"""I15: Stripe's balance and our books, line by line."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from chenu.billing.gateway import BalanceMovement, StripeRefusal
from chenu.billing.ports import ReportPort
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.i18n import mark
from chenu.core.money import is_our_currency
from chenu.ledger.invariants import Finding, finding


class _Booked(msgspec.Struct, frozen=True):
    stripe_id: str
    amount: int


class _Paid(msgspec.Struct, frozen=True):
    id: str
    whose: str


_OURS = """
    SELECT stripe_charge_id AS stripe_id, gross - discount AS amount, paid_at AS booked_at
        FROM purchase_payment WHERE NOT starts_with(stripe_charge_id, 'credit_')
    UNION ALL SELECT stripe_charge_id, gross - discount, paid_at FROM invoice_payment
    UNION ALL SELECT stripe_id, -amount, created_at FROM operation
        WHERE kind IN ('TRANSFER', 'AFFILIATE_TRANSFER') AND state = 'SETTLED'
    UNION ALL SELECT stripe_id, amount, created_at FROM operation
        WHERE kind = 'TRANSFER_REVERSAL' AND stripe_id IS NOT NULL
    UNION ALL SELECT o.stripe_id, CASE WHEN t.id IS NULL THEN -o.amount ELSE 0 END, o.created_at
        FROM operation o
        LEFT JOIN keyed_transaction t ON t.business_key = 'refund-failed:' || o.stripe_id
        WHERE o.kind = 'REFUND' AND o.state = 'SETTLED'
            AND NOT EXISTS (SELECT 1 FROM purchase_refund r WHERE r.stripe_refund_id = o.stripe_id)
    UNION ALL SELECT stripe_refund_id, CASE WHEN state = 'FAILED' THEN 0 ELSE -amount END,
            coalesce(settled_at, created_at)
        FROM purchase_refund WHERE stripe_refund_id IS NOT NULL
    UNION ALL SELECT stripe_refund_id, CASE WHEN failed_at IS NULL THEN -amount ELSE 0 END,
            refunded_at
        FROM invoice_refund
    UNION ALL SELECT stripe_dispute_id, -withdrawn, created_at
        FROM dispute WHERE withdrawn IS NOT NULL
"""
"""What was booked when, in business time: an operation's `settled_at` is system time."""
_BOOKED = f"""
    SELECT stripe_id, amount FROM ({_OURS}) ours WHERE booked_at >= $1 OR stripe_id = ANY($2)
"""  # noqa: S608 - texts of ours
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
_MOST_LOOKS = 100

AGREES = mark("our books and Stripe's balance name the same objects with the same amounts")

SETTLING = timedelta(minutes=15)
"""How long what Stripe has moved may wait for its booking here, as in I14."""


async def check_stripe(
    reports: ReportPort, since: datetime, *, settling: timedelta = timedelta(0)
) -> Finding:
    """I15: every line of Stripe's balance is booked here with the same amount, and none is missing.

    `since` (business time) bounds what is compared; what differs and has a line younger than
    `settling` is left to the next check. Raises ProviderUnavailable.
    """
    lines = [line async for line in reports.list_balance_movements(since) if _counts(line)]
    theirs = _sum_by_source(lines)
    booked = await db.fetch_all(_Booked, _BOOKED, since, list(theirs))
    ours = Counter({row.stripe_id: row.amount for row in booked})
    lines += await _look_again(reports, theirs, ours)
    theirs = _sum_by_source(lines)
    young = {line.source_id for line in lines if line.created > business_now() - settling}
    differing = _find_differing(theirs, ours) - (young if settling else set())
    reasons = await _explain(lines)
    samples = [
        f"{stripe_id}: Stripe {theirs.get(stripe_id)}, we {ours.get(stripe_id)}"
        + reasons.get(stripe_id, "")
        for stripe_id in sorted(differing)
    ]
    return finding("I15", AGREES, samples)


def _sum_by_source(lines: Sequence[BalanceMovement]) -> Counter[str]:
    theirs, amounts = Counter[str](), {line.id: line for line in lines}
    for line in amounts.values():
        theirs[line.source_id] += line.amount
    return theirs


def _find_differing(theirs: Counter[str], ours: Counter[str]) -> set[str]:
    return {each for each in {*theirs, *ours} if theirs.get(each) != ours.get(each)}


async def _look_again(
    reports: ReportPort, theirs: Counter[str], ours: Counter[str]
) -> list[BalanceMovement]:
    """All lines of what differs: some may be older than the time from which lines were listed."""
    found = list[BalanceMovement]()
    for source_id in sorted(_find_differing(theirs, ours))[:_MOST_LOOKS]:
        try:
            found += [line async for line in reports.list_movements_of(source_id) if _counts(line)]
        except StripeRefusal:
            continue  # Stripe does not know it: then it has no lines
    return found


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
        UNION ALL SELECT stripe_transfer_id, 'affiliate payout ' || id FROM affiliate_payout
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
