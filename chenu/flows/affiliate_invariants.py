"""What must always hold between commissions, invoices, payouts and books.

Numbers as in docs/money.md, "Invariants".
"""

from chenu.core.i18n import mark
from chenu.ledger.invariants import Invariant

_REMAINING = """
    CROSS JOIN LATERAL (SELECT i.amount_paid
        - coalesce((SELECT sum(r.amount) FROM invoice_refund r
            WHERE r.invoice = i.id AND r.failed_at IS NULL), 0)
        - coalesce((SELECT sum(d.taken) FROM invoice_payment p JOIN dispute d ON d.payment = p.id
            WHERE p.invoice = i.id AND d.is_taken), 0) AS paid) remaining
"""

AFFILIATES = (
    Invariant(
        "I11",
        mark(
            "a paid invoice has one commission: a tenth of what is kept of it without tax, to"
            " the cent"
        ),
        f"""
        SELECT 'commission of invoice ' || c.invoice AS what
        FROM (SELECT invoice, count(*) FILTER (WHERE kind = 'COMMISSION') AS times,
                count(DISTINCT (affiliate, referral, account)) AS owners, sum(amount) AS amount
            FROM commission GROUP BY invoice) c
        LEFT JOIN invoice i ON i.id = c.invoice
        LEFT JOIN LATERAL (SELECT * FROM commission o
            WHERE o.invoice = c.invoice AND o.kind = 'COMMISSION' LIMIT 1) o ON true
        {_REMAINING}
        WHERE i.id IS NULL OR c.times <> 1 OR c.owners <> 1 OR i.status <> 'PAID'
            OR (o.account, o.paid, o.total, o.total_excluding_tax, o.basis_points)
                <> (i.account, i.amount_paid, i.total, i.total - i.tax, 1000)
            OR o.base <> o.paid * o.total_excluding_tax / o.total
            OR o.amount <> (o.base * 1000 + 5000) / 10000
            OR c.amount <> (greatest(remaining.paid, 0)::bigint * o.total_excluding_tax
                / o.total * 1000 + 5000) / 10000
        """,  # noqa: S608 - a text of ours
    ),
    Invariant(
        "I11m",
        mark("no paid invoice of a customer who is bound to an affiliate lacks its commission"),
        """
        SELECT 'invoice ' || i.id AS what FROM referral f
        JOIN invoice i ON i.account = f.account AND i.status = 'PAID' AND i.total > 0
            AND i.paid_at >= date_trunc('second', f.bound_at)
        WHERE f.state <> 'REFUSED'
            AND i.amount_paid * (i.total - i.tax) / i.total * 1000 + 5000 >= 10000
            AND EXISTS (SELECT 1 FROM invoice_payment p
                JOIN keyed_transaction t ON t.business_key = 'payment:' || p.stripe_charge_id
                WHERE p.invoice = i.id AND t.kind IN ('PLAN_PAYMENT', 'API_PLAN_PAYMENT'))
            AND NOT EXISTS (SELECT 1 FROM commission c
                WHERE c.invoice = i.id AND c.kind = 'COMMISSION')
        """,
    ),
    Invariant(
        "I11p",
        mark("a payout pays its commissions, whole and once, and its transfer is booked"),
        """
        SELECT 'payout ' || p.id AS what FROM affiliate_payout p
        CROSS JOIN LATERAL (SELECT sum(c.amount) AS amount, bool_and(c.affiliate = p.affiliate
                AND (c.status = 'PAID') = (p.status = 'PAID')) AS agree
            FROM commission c WHERE c.payout = p.id) c
        CROSS JOIN LATERAL (SELECT coalesce(sum(e.amount), 0) AS amount
            FROM ledger_transaction t JOIN ledger_entry e ON e.transaction_id = t.id
            JOIN ledger_account a ON a.id = e.ledger_account_id AND a.kind = 'AFFILIATE_TRANSFERS'
            WHERE t.subject_id = p.id) b
        WHERE c.amount <> p.amount OR NOT c.agree OR (c.amount IS NULL AND p.status <> 'FAILED')
            OR b.amount <> CASE WHEN p.status = 'PAID' THEN p.amount ELSE 0 END
        UNION ALL
        SELECT 'commission ' || id FROM commission
        WHERE (payout IS NOT NULL AND status NOT IN ('DUE', 'PAID'))
            OR (payout IS NULL AND status = 'PAID')
        UNION ALL
        SELECT 'commission of invoice ' || invoice FROM commission WHERE status = 'REVERSED'
        GROUP BY invoice HAVING sum(amount) <> 0
        """,
    ),
    Invariant(
        "I11b",
        mark("the books owe each affiliate what is not paid of the commissions, row by row"),
        """
        SELECT 'affiliate ' || coalesce(a.owner_id, c.affiliate) AS what
        FROM (SELECT owner_id, balance FROM ledger_account
            WHERE kind = 'AFFILIATE_PAYABLE' AND asset = 'EUR') a
        FULL JOIN (SELECT affiliate, coalesce(sum(amount) FILTER (WHERE status <> 'PAID'), 0)
                AS unpaid
            FROM commission GROUP BY affiliate) c ON c.affiliate = a.owner_id
        WHERE coalesce(a.balance, 0) <> coalesce(c.unpaid, 0)
        UNION ALL
        SELECT 'commission ' || c.id FROM commission c
        LEFT JOIN keyed_transaction t ON t.business_key = 'commission:' || c.cause
        LEFT JOIN LATERAL (SELECT sum(e.amount) AS amount FROM ledger_entry e
            JOIN ledger_account a ON a.id = e.ledger_account_id AND a.kind = 'AFFILIATE_PAYABLE'
            WHERE e.transaction_id = t.id AND a.owner_id = c.affiliate) b ON true
        WHERE b.amount IS DISTINCT FROM c.amount
        """,
    ),
)
