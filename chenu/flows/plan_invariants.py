"""What must always hold between plans, their invoices, books and access.

Numbers as in docs/money.md, "Invariants".
"""

from chenu.core.i18n import mark
from chenu.ledger.invariants import Invariant

PLANS = (
    Invariant(
        "I5p",
        mark("a plan's charge = tax + platform share, in rows and in books"),
        """
        SELECT 'invoice payment ' || p.id AS what FROM invoice_payment p
        LEFT JOIN keyed_transaction t ON t.business_key = 'payment:' || p.stripe_charge_id
        LEFT JOIN LATERAL (
            SELECT coalesce(sum(e.amount) FILTER (WHERE a.kind = 'BUYER_PAYMENTS'), 0) AS buyer,
                coalesce(sum(e.amount) FILTER (WHERE a.kind = 'PLATFORM_REVENUE'), 0) AS platform,
                coalesce(sum(e.amount) FILTER (WHERE a.kind = 'TAX_PAYABLE'), 0) AS tax
            FROM ledger_entry e JOIN ledger_account a ON a.id = e.ledger_account_id
            WHERE e.transaction_id = t.id) b ON true
        WHERE t.id IS NULL OR (b.buyer, b.platform, b.tax)
            <> (p.discount - p.gross, p.gross - p.discount - p.tax, p.tax)
        """,
    ),
    Invariant(
        "I5i",
        mark("a paid invoice of a plan has charges of what was paid"),
        """
        SELECT 'invoice ' || i.id AS what FROM invoice i
        LEFT JOIN invoice_payment p ON p.invoice = i.id
        WHERE i.status = 'PAID' AND i.stripe_subscription_id IS NOT NULL AND i.purchase IS NULL
        GROUP BY i.id, i.amount_paid
        HAVING coalesce(sum(p.gross - p.discount), 0) <> i.amount_paid
        """,
    ),
    Invariant(
        "I5s",
        mark("what was paid for a subscription is of one that we sold, or went back"),
        """
        SELECT 'invoice ' || i.id AS what FROM invoice i
        LEFT JOIN subscription s ON s.stripe_subscription_id = i.stripe_subscription_id
        WHERE i.status = 'PAID' AND i.stripe_subscription_id IS NOT NULL AND i.purchase IS NULL
            AND (s.id IS NULL OR s.kind NOT IN ('TIER', 'API_PLAN'))
            AND i.amount_paid > (SELECT coalesce(sum(r.amount), 0) FROM invoice_refund r
                WHERE r.invoice = i.id AND r.failed_at IS NULL)
        """,
    ),
    Invariant(
        "I10",
        mark("at most one live plan for an account; its tier is what a contract or the plan gives"),
        """
        SELECT 'account ' || a.id AS what FROM account a
        JOIN subscription s ON s.account = a.id AND s.kind = 'TIER'
        LEFT JOIN enterprise_contract c ON c.account = a.id AND c.status = 'RUNNING'
        GROUP BY a.id, a.tier, c.id
        HAVING count(*) FILTER (WHERE s.status <> 'CANCELED') > 1
            OR a.tier <> CASE WHEN c.id IS NOT NULL THEN 'ENTERPRISE'
                ELSE coalesce(max(s.item) FILTER (WHERE s.gives_access), 'FREE') END
        UNION ALL
        SELECT 'account ' || a.id FROM account a
        JOIN enterprise_contract c ON c.account = a.id AND c.status = 'RUNNING'
        WHERE a.tier <> 'ENTERPRISE' OR a.seats IS DISTINCT FROM c.seats
            OR (a.api_calls, a.api_rate) IS DISTINCT FROM (c.api_calls, c.api_rate)
        """,
    ),
    Invariant(
        "I10a",
        mark("at most one live API plan for an account; it has what that plan gives"),
        """
        SELECT 'account ' || a.id AS what FROM account a
        LEFT JOIN subscription s ON s.account = a.id AND s.kind = 'API_PLAN'
        WHERE s.id IS NOT NULL OR a.api_plan <> 'FREE'
        GROUP BY a.id, a.api_plan
        HAVING count(*) FILTER (WHERE s.status <> 'CANCELED') > 1
            OR a.api_plan <> coalesce(max(s.item) FILTER (WHERE s.gives_access), 'FREE')
        """,
    ),
    Invariant(
        "I5r",
        mark(
            "a plan's refund = tax + revenue, in rows and in books; one that failed moves nothing"
        ),
        """
        SELECT 'refund ' || r.id AS what FROM invoice_refund r
        LEFT JOIN keyed_transaction t ON t.business_key = 'refund:' || r.stripe_refund_id
        LEFT JOIN LATERAL (
            SELECT coalesce(sum(e.amount) FILTER (WHERE a.kind = 'BUYER_PAYMENTS'), 0) AS buyer,
                coalesce(sum(e.amount) FILTER (WHERE a.kind = 'PLATFORM_REVENUE'), 0) AS platform,
                coalesce(sum(e.amount) FILTER (WHERE a.kind = 'TAX_PAYABLE'), 0) AS tax
            FROM ledger_entry e JOIN ledger_account a ON a.id = e.ledger_account_id
            WHERE e.transaction_id = t.id) b ON true
        LEFT JOIN keyed_transaction f
            ON f.business_key = 'refund-failed:' || r.stripe_refund_id
        WHERE t.id IS NULL OR (b.buyer, b.platform, b.tax) <> (r.amount, r.tax - r.amount, -r.tax)
            OR (r.failed_at IS NULL) <> (f.id IS NULL)
        """,
    ),
    Invariant(
        "I7p",
        mark("refunds of a plan's charge never exceed it, whole it returns its whole VAT"),
        """
        SELECT 'invoice payment ' || p.id AS what FROM invoice_payment p
        JOIN invoice_refund r ON r.payment = p.id AND r.failed_at IS NULL
        GROUP BY p.id, p.gross, p.discount, p.tax
        HAVING sum(r.amount) > p.gross - p.discount OR sum(r.tax) > p.tax
            OR (sum(r.amount) = p.gross - p.discount AND sum(r.tax) <> p.tax)
        """,
    ),
    Invariant(
        "I8r",
        mark("what was agreed to be returned has its operation, and what is settled its refund"),
        """
        SELECT 'refund request ' || q.id AS what FROM invoice_refund_request q
        LEFT JOIN operation o ON o.business_key = 'plan-refund:' || q.id
        LEFT JOIN invoice_refund r ON r.stripe_refund_id = o.stripe_id
        WHERE (q.state IN ('APPROVED', 'SETTLED', 'FAILED')) <> (o.id IS NOT NULL)
            OR (q.state = 'SETTLED') <> (r.id IS NOT NULL)
        """,
    ),
    Invariant(
        "I12",
        mark("a coupon is used as often as it allows at most, in total and by each customer"),
        """
        SELECT 'coupon ' || c.code AS what FROM coupon c
        LEFT JOIN (SELECT coupon, sum(uses) AS uses, max(uses) AS of_one FROM (
                SELECT coupon, account, count(*) AS uses FROM coupon_redemption
                WHERE status <> 'RELEASED' GROUP BY coupon, account) by_customer
            GROUP BY coupon) r ON r.coupon = c.id
        WHERE c.uses <> coalesce(r.uses, 0) OR c.uses > c.max_redemptions
            OR r.of_one > c.max_redemptions_per_customer
        """,
    ),
    Invariant(
        "I12o",
        mark("a coupon is reserved while its order is pending, and redeemed if a plan began"),
        """
        SELECT 'redemption ' || r.id AS what FROM coupon_redemption r
        LEFT JOIN subscription_order o ON o.id = r.subscription_order
        LEFT JOIN subscription s ON s.stripe_subscription_id = r.stripe_subscription_id
        WHERE r.status <> CASE o.status WHEN 'PENDING' THEN 'RESERVED'
                WHEN 'COMPLETED' THEN 'REDEEMED' ELSE 'RELEASED' END
            OR (r.status = 'REDEEMED' AND (s.id IS NULL OR s.account <> r.account))
        """,
    ),
)
