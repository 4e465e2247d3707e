"""What must always hold between disputes, payments, access, tokens and books.

Numbers as in docs/money.md, "Invariants".
"""

from chenu.core.i18n import mark
from chenu.ledger.invariants import Invariant

DISPUTES = (
    Invariant(
        "I6d",
        mark("an agent is disputed, and of no use, exactly while a dispute of it stands"),
        """
        SELECT 'purchase ' || p.id AS what FROM purchase p
        LEFT JOIN access_grant g ON g.purchase = p.id AND g.revoked_at IS NULL
        CROSS JOIN LATERAL (SELECT EXISTS (SELECT 1 FROM dispute d
            WHERE d.purchase = p.id AND d.is_taken) AS stands) d
        WHERE (p.status = 'DISPUTED' AND (NOT d.stands OR g.id IS NOT NULL))
            OR (d.stands AND p.status NOT IN ('DISPUTED', 'REFUNDED'))
        """,
    ),
    Invariant(
        "I7d",
        mark("what disputes take of a payment is what stands in their rows"),
        """
        SELECT 'payment ' || p.id AS what FROM purchase_payment p
        LEFT JOIN dispute d ON d.payment = p.id
        GROUP BY p.id, p.disputed HAVING p.disputed <> coalesce(sum(d.taken), 0)
        UNION ALL
        SELECT 'dispute ' || d.id FROM dispute d
        WHERE d.is_taken <> (d.status IN ('NEEDS_RESPONSE', 'UNDER_REVIEW', 'LOST',
            'APPEAL_NEEDS_RESPONSE', 'APPEAL_UNDER_REVIEW'))
        """,
    ),
    Invariant(
        "I7t",
        mark("a disputed pack has no tokens left, and each taken one stands in its rows"),
        """
        SELECT 'dispute ' || d.id AS what FROM dispute d
        LEFT JOIN pack_refund r ON r.dispute = d.id AND r.restored_at IS NULL
        WHERE d.subject = 'PACK' AND d.is_taken <> (r.id IS NOT NULL)
        """,
    ),
    Invariant(
        "I8d",
        mark("the books hold what a dispute took and the bank does not have, and nothing else"),
        """
        SELECT 'dispute ' || d.id AS what FROM dispute d
        CROSS JOIN LATERAL (SELECT coalesce(sum(e.amount), 0) AS held
            FROM ledger_transaction t JOIN ledger_entry e ON e.transaction_id = t.id
            JOIN ledger_account a ON a.id = e.ledger_account_id AND a.kind = 'DISPUTED_PAYMENTS'
            WHERE (t.subject_id = d.id OR t.subject_id = d.payment)) b
        WHERE b.held <> (SELECT sum(CASE WHEN o.is_taken THEN o.amount ELSE 0 END
                - coalesce(o.withdrawn, 0)) FROM dispute o WHERE o.payment = d.payment)
            AND NOT EXISTS (SELECT 1 FROM dispute o WHERE o.payment = d.payment AND o.id <> d.id)
        """,
    ),
)
