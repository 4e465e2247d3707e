"""What must always hold between sales, access, books and Stripe: `chenu ledger check`.

Numbers as in docs/money.md, "Invariants".
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from chenu.billing.gateway import BalanceMovement
from chenu.billing.ports import ReportPort
from chenu.core import db
from chenu.core.errors import ProviderUnavailable
from chenu.core.money import is_our_currency
from chenu.core.retention import MAILS_STORED
from chenu.flows.monthly_invariants import MONTHLY
from chenu.flows.pack_invariants import PACKS
from chenu.flows.plan_invariants import PLANS
from chenu.flows.run_invariants import RUNS
from chenu.flows.services import Services
from chenu.flows.token_invariants import TOKENS
from chenu.ledger.invariants import (
    Finding,
    Invariant,
    check_all,
    check_ledger,
    finding,
)

SALES = (
    Invariant(
        "I5",
        "gross = discount + tax + creator share + platform share, in rows and in books",
        """
        SELECT 'payment ' || p.id AS what FROM purchase_payment p
        LEFT JOIN ledger_transaction t ON t.business_key = 'payment:' || p.stripe_charge_id
        LEFT JOIN LATERAL (
            SELECT coalesce(sum(e.amount) FILTER (WHERE a.kind = 'BUYER_PAYMENTS'), 0) AS buyer,
                coalesce(sum(e.amount) FILTER (WHERE a.kind = 'CREATOR_PAYABLE'), 0) AS creator,
                coalesce(sum(e.amount) FILTER (WHERE a.kind = 'PLATFORM_REVENUE'), 0) AS platform,
                coalesce(sum(e.amount) FILTER (WHERE a.kind = 'TAX_PAYABLE'), 0) AS tax
            FROM ledger_entry e JOIN ledger_account a ON a.id = e.ledger_account_id
            WHERE e.transaction_id = t.id) b ON true
        WHERE t.id IS NULL OR p.gross <> p.discount + p.tax + p.creator_share + p.platform_share
            OR (b.buyer, b.creator, b.platform, b.tax)
                <> (p.discount - p.gross, p.creator_share, p.platform_share, p.tax)
            OR p.creator_share * 10000 < (p.gross - p.discount - p.tax) * p.creator_basis_points
        """,
    ),
    Invariant(
        "I6",
        "a bought grant is usable exactly while its purchase is paid",
        """
        SELECT 'purchase ' || p.id AS what FROM purchase p
        LEFT JOIN access_grant g ON g.purchase = p.id AND g.revoked_at IS NULL
        WHERE p.price_type <> 'SUBSCRIPTION'
            AND (p.status IN ('PAID', 'PARTIALLY_REFUNDED')) <> (g.id IS NOT NULL)
        """,
    ),
    Invariant(
        "I6b",
        "what was bought once and is paid has a payment of its price",
        """
        SELECT 'purchase ' || p.id AS what FROM purchase p
        LEFT JOIN purchase_payment y ON y.purchase = p.id
        WHERE p.paid_at IS NOT NULL AND p.price > 0 AND p.price_type <> 'SUBSCRIPTION'
        GROUP BY p.id, p.price HAVING coalesce(sum(y.gross), 0) <> p.price
        """,
    ),
    Invariant(
        "I7",
        "refunds never exceed the charge, transfers never the creator's share",
        """
        SELECT 'payment ' || p.id AS what FROM purchase_payment p
        LEFT JOIN ledger_transaction t ON t.business_key = 'transfer:' || p.id
        LEFT JOIN ledger_entry e ON e.transaction_id = t.id AND e.amount > 0
        WHERE p.refunded > p.gross - p.discount OR coalesce(e.amount, 0) > p.creator_share
            OR p.transferred > p.creator_share OR p.share_due > p.creator_share
            OR (p.refunded > 0
                AND NOT EXISTS (SELECT 1 FROM purchase_refund r WHERE r.payment = p.id)
                AND NOT EXISTS (SELECT 1 FROM ledger_transaction b
                    WHERE b.business_key = 'return:' || p.id))
        """,
    ),
    Invariant(
        "I5a",
        "refunds of a payment take of each part what they are due, in rows and in books",
        """
        SELECT 'payment ' || p.id AS what FROM purchase_payment p
        CROSS JOIN LATERAL (SELECT coalesce(sum(r.amount), 0)::bigint AS refunded
            FROM purchase_refund r
            WHERE r.payment = p.id AND r.state <> 'FAILED') r
        LEFT JOIN LATERAL (
            SELECT coalesce(sum(e.amount) FILTER (WHERE a.kind LIKE 'CREATOR%'), 0) AS creator,
                coalesce(sum(e.amount) FILTER (WHERE a.kind = 'TAX_PAYABLE'), 0) AS tax,
                coalesce(sum(e.amount) FILTER (WHERE a.kind = 'PLATFORM_REVENUE'), 0) AS platform
            FROM ledger_transaction t JOIN ledger_entry e ON e.transaction_id = t.id
            JOIN ledger_account a ON a.id = e.ledger_account_id
            WHERE t.subject_id = p.id AND t.kind IN ('REFUND_DUE', 'REFUND_FAILED')) b ON true
        WHERE EXISTS (SELECT 1 FROM purchase_refund f WHERE f.payment = p.id) AND (
            p.refunded <> r.refunded OR b.creator <> -p.share_due
            OR p.share_due <> p.creator_share * r.refunded / (p.gross - p.discount)
            OR b.tax <> -(p.tax * r.refunded / (p.gross - p.discount))
            OR b.creator + b.tax + b.platform <> -r.refunded)
        """,
    ),
    Invariant(
        "I7a",
        "of a share no more is reversed than is due, nor than was transferred",
        """
        SELECT 'payment ' || p.id AS what FROM purchase_payment p
        CROSS JOIN LATERAL (SELECT coalesce(sum(o.amount), 0) AS reversed FROM operation o
            WHERE o.subject_id = p.id AND o.kind = 'TRANSFER_REVERSAL'
                AND o.stripe_id IS NOT NULL) r
        CROSS JOIN LATERAL (SELECT coalesce(sum(o.amount), 0) AS sent FROM operation o
            WHERE o.subject_id = p.id AND o.kind = 'TRANSFER' AND o.state = 'SETTLED') t
        WHERE r.reversed > t.sent OR p.share_claimed > p.share_due
            OR (t.sent - r.reversed > p.creator_share)
        """,
    ),
    Invariant(
        "I8a",
        "a refund of an agent has its operation or its author at Stripe, and once made its booking",
        """
        SELECT 'refund ' || r.id AS what FROM purchase_refund r
        LEFT JOIN operation o ON o.business_key = 'sale-refund:' || r.id
        LEFT JOIN ledger_transaction t ON t.business_key = 'refund:' || r.stripe_refund_id
        WHERE (r.origin = 'STRIPE') <> (o.id IS NULL)
            OR (r.stripe_refund_id IS NOT NULL) <> (t.id IS NOT NULL)
            OR (r.state = 'REQUESTED') <> (o.state IN ('INTENT', 'UNKNOWN') IS TRUE)
        """,
    ),
    Invariant(
        "I8",
        "a handled checkout event has its effect: no purchase of a paid page is still pending",
        """
        SELECT 'event ' || w.id AS what FROM webhook_event w
        JOIN purchase p ON p.checkout_session_id = w.object_id
        WHERE w.type = 'checkout.session.completed' AND w.state = 'HANDLED'
            AND p.status = 'PENDING'
        """,
    ),
    Invariant(
        "I17",
        "installs are the accounts that hold or held a grant",
        """
        SELECT 'agent ' || a.id AS what FROM agent a
        LEFT JOIN access_grant g ON g.agent = a.id
        GROUP BY a.id, a.installs HAVING a.installs <> count(DISTINCT g.account)
        """,
    ),
    Invariant(
        "I18",
        "no transfer, no reversal and no refund has failed without somebody's decision",
        """
        SELECT kind || ' ' || id || ' of payment ' || subject_id || ': ' || error_code AS what
        FROM operation
        WHERE kind IN ('TRANSFER', 'TRANSFER_REVERSAL', 'REFUND', 'PLAN_REFUND')
            AND state = 'FAILED' AND error_code <> 'given_up'
        """,
    ),
    Invariant(
        "I16",
        "each settled payment has its receipt, once, and its transfer operation or its return",
        """
        SELECT 'payment ' || y.id AS what FROM purchase_payment y
        JOIN purchase p ON p.id = y.purchase
        CROSS JOIN LATERAL (SELECT EXISTS (SELECT 1 FROM ledger_transaction t
            WHERE t.business_key = 'return:' || y.id) AS at_once) returned
        WHERE (least(y.paid_at, p.paid_at) > $1
                AND NOT EXISTS (SELECT 1 FROM outbox_mail m WHERE m.business_key =
                CASE WHEN at_once THEN 'returned:' || y.id ELSE 'receipt:' || p.id END))
            OR (NOT EXISTS (SELECT 1 FROM operation o WHERE o.business_key =
                CASE WHEN at_once THEN 'return:' || y.id ELSE 'split:' || y.id END)
            AND NOT EXISTS (SELECT 1 FROM ledger_transaction t
                WHERE t.business_key = 'netting:' || y.id))
        """,
        looks_back=MAILS_STORED - timedelta(days=1),
    ),
)


async def check_books(*, whole: bool = True) -> list[Finding]:
    """Everything that our own rows can tell; not `whole` goes on from the last check's seal."""
    of_ledger = await check_ledger(whole=whole, more=TOKENS)
    return [*of_ledger, *await check_all((*SALES, *MONTHLY, *PLANS, *PACKS, *RUNS))]


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


async def check_everything(services: Services, since: datetime) -> list[Finding]:
    """With I15 where Stripe answers; a silent Stripe is a finding of its own."""
    findings = await check_books()
    try:
        findings.append(await check_stripe(services.reports, since))
    except ProviderUnavailable:
        findings.append(finding("I15", "Stripe could be asked", ["Stripe did not answer"]))
    return findings
