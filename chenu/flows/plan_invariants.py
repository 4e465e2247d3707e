"""What must always hold between plans, their invoices, books and access.

Numbers as in docs/money.md, "Invariants".
"""

from chenu.ledger.invariants import Invariant

PLANS = (
    Invariant(
        "I5p",
        "a plan's charge = tax + platform share, in rows and in books",
        """
        SELECT 'invoice payment ' || p.id AS what FROM invoice_payment p
        LEFT JOIN ledger_transaction t ON t.business_key = 'payment:' || p.stripe_charge_id
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
        "a paid invoice of a plan has charges of what was paid",
        """
        SELECT 'invoice ' || i.id AS what FROM invoice i
        LEFT JOIN invoice_payment p ON p.invoice = i.id
        WHERE i.status = 'PAID' AND i.stripe_subscription_id IS NOT NULL
        GROUP BY i.id, i.amount_paid
        HAVING coalesce(sum(p.gross - p.discount), 0) <> i.amount_paid
        """,
    ),
    Invariant(
        "I10",
        "at most one live plan for an account; its tier is what a contract or the plan gives",
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
        """,
    ),
)
