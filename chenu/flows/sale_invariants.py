"""What must always hold between sales of agents, access and books.

Numbers as in docs/money.md, "Invariants".
"""

from datetime import timedelta

from chenu.core.i18n import mark
from chenu.core.retention import MAILS_STORED
from chenu.ledger.invariants import Invariant

SALES = (
    Invariant(
        "I5",
        mark("gross = discount + tax + creator share + platform share, in rows and in books"),
        """
        SELECT 'payment ' || p.id AS what FROM purchase_payment p
        LEFT JOIN keyed_transaction t ON t.business_key = 'payment:' || p.stripe_charge_id
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
        mark("a bought grant is usable exactly while its purchase is paid"),
        """
        SELECT 'purchase ' || p.id AS what FROM purchase p
        LEFT JOIN access_grant g ON g.purchase = p.id AND g.revoked_at IS NULL
        WHERE p.price_type <> 'SUBSCRIPTION'
            AND (p.status IN ('PAID', 'PARTIALLY_REFUNDED')) <> (g.id IS NOT NULL)
        """,
    ),
    Invariant(
        "I6b",
        mark("what was bought once and is paid has a payment of its price"),
        """
        SELECT 'purchase ' || p.id AS what FROM purchase p
        LEFT JOIN purchase_payment y ON y.purchase = p.id
        WHERE p.paid_at IS NOT NULL AND p.price > 0 AND p.price_type <> 'SUBSCRIPTION'
        GROUP BY p.id, p.price HAVING coalesce(sum(y.gross), 0) <> p.price
        """,
    ),
    Invariant(
        "I7",
        mark("refunds never exceed the charge, transfers never the creator's share"),
        """
        SELECT 'payment ' || p.id AS what FROM purchase_payment p
        LEFT JOIN keyed_transaction t ON t.business_key = 'transfer:' || p.id
        LEFT JOIN ledger_entry e ON e.transaction_id = t.id AND e.amount > 0
        WHERE p.refunded + p.disputed > p.gross - p.discount
            OR coalesce(e.amount, 0) > p.creator_share
            OR p.transferred > p.creator_share OR p.share_due > p.creator_share
            OR (p.refunded > 0
                AND NOT EXISTS (SELECT 1 FROM purchase_refund r WHERE r.payment = p.id)
                AND NOT EXISTS (SELECT 1 FROM keyed_transaction b
                    WHERE b.business_key = 'return:' || p.id))
        """,
    ),
    Invariant(
        "I5a",
        mark("refunds of a payment take of each part what they are due, in rows and in books"),
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
            WHERE t.subject_id = p.id AND t.kind IN
                ('REFUND_DUE', 'REFUND_FAILED', 'DISPUTE_TAKEN', 'DISPUTE_RETURNED')) b ON true
        CROSS JOIN LATERAL (SELECT r.refunded + p.disputed AS returned) s
        WHERE (p.disputed > 0
            OR EXISTS (SELECT 1 FROM purchase_refund f WHERE f.payment = p.id)) AND (
            p.refunded <> r.refunded OR b.creator <> -p.share_due
            OR p.share_due <> p.creator_share * s.returned / (p.gross - p.discount)
            OR b.tax <> -(p.tax * s.returned / (p.gross - p.discount))
            OR b.creator + b.tax + b.platform <> -s.returned)
        """,
    ),
    Invariant(
        "I7a",
        mark("of a share no more is reversed than is due, nor than was transferred"),
        """
        SELECT 'payment ' || p.id AS what FROM purchase_payment p
        CROSS JOIN LATERAL (SELECT
                coalesce(sum(o.amount) FILTER (WHERE o.stripe_id IS NOT NULL), 0) AS reversed,
                coalesce(sum(o.amount) FILTER (WHERE o.stripe_id IS NULL
                    AND o.state = 'SETTLED'), 0) AS owed,
                coalesce(sum(o.amount) FILTER (WHERE o.state <> 'SETTLED'), 0) AS under_way
            FROM operation o
            WHERE o.subject_id = p.id AND o.kind = 'TRANSFER_REVERSAL') r
        CROSS JOIN LATERAL (SELECT coalesce(sum(o.amount), 0) AS sent FROM operation o
            WHERE o.subject_id = p.id AND o.kind = 'TRANSFER' AND o.state = 'SETTLED') t
        WHERE r.reversed > t.sent OR p.share_claimed > p.share_due + r.under_way
            OR t.sent - r.reversed - r.owed > p.creator_share
        """,
    ),
    Invariant(
        "I8a",
        mark(
            "a refund of an agent has an operation or its author at Stripe, and once made a booking"
        ),
        """
        SELECT 'refund ' || r.id AS what FROM purchase_refund r
        LEFT JOIN operation o ON o.business_key = 'sale-refund:' || r.id
        LEFT JOIN keyed_transaction t ON t.business_key = 'refund:' || r.stripe_refund_id
        WHERE (r.origin = 'STRIPE') <> (o.id IS NULL)
            OR (r.stripe_refund_id IS NOT NULL) <> (t.id IS NOT NULL)
            OR (r.state = 'REQUESTED') <> (o.state IN ('INTENT', 'UNKNOWN') IS TRUE)
        """,
    ),
    Invariant(
        "I8",
        mark(
            "a handled checkout event has its effect: no purchase of a paid page is still pending"
        ),
        """
        SELECT 'event ' || w.id AS what FROM stripe_event w
        JOIN purchase p ON p.checkout_session_id = w.object_id
        WHERE w.type = 'checkout.session.completed' AND w.state = 'HANDLED'
            AND p.status = 'PENDING'
        """,
    ),
    Invariant(
        "I17",
        mark("installs are the accounts that hold or held a grant"),
        """
        SELECT 'agent ' || a.id AS what FROM agent a
        LEFT JOIN access_grant g ON g.agent = a.id
        GROUP BY a.id, a.installs HAVING a.installs <> count(DISTINCT g.account)
        """,
    ),
    Invariant(
        "I18",
        mark("no transfer, no reversal and no refund has failed without somebody's decision"),
        """
        SELECT kind || ' ' || id || ' of payment ' || subject_id || ': ' || error_code AS what
        FROM operation
        WHERE kind IN ('TRANSFER', 'TRANSFER_REVERSAL', 'REFUND', 'PLAN_REFUND')
            AND state = 'FAILED' AND error_code <> 'given_up'
            AND (error_code <> 'charge_disputed' OR business_key LIKE 'return:%')
        """,
    ),
    Invariant(
        "I16",
        mark(
            "each settled payment has its receipt, once, and its transfer operation or its return"
        ),
        """
        SELECT 'payment ' || y.id AS what FROM purchase_payment y
        JOIN purchase p ON p.id = y.purchase
        CROSS JOIN LATERAL (SELECT EXISTS (SELECT 1 FROM keyed_transaction t
            WHERE t.business_key = 'return:' || y.id) AS at_once) returned
        WHERE (least(y.paid_at, p.paid_at) > $1
                AND NOT EXISTS (SELECT 1 FROM outbox_mail m WHERE m.business_key =
                CASE WHEN at_once THEN 'returned:' || y.id ELSE 'receipt:' || p.id END))
            OR (NOT EXISTS (SELECT 1 FROM operation o WHERE o.business_key =
                CASE WHEN at_once THEN 'return:' || y.id ELSE 'split:' || y.id END)
            AND NOT EXISTS (SELECT 1 FROM keyed_transaction t
                WHERE t.business_key = 'netting:' || y.id))
        """,
        looks_back=MAILS_STORED - timedelta(days=1),
    ),
)
