"""What must always hold of refunds that staff choose to make.

Numbers as in docs/money.md, "Invariants".
"""

from chenu.core.i18n import mark
from chenu.ledger.invariants import Invariant

SECOND_PERSONS = (
    Invariant(
        "I21",
        mark(
            "no staff member has returned more than 100 euros to one customer within 24 hours"
            " without a second person"
        ),
        """
        WITH asked AS (
            SELECT id, 'refund request ' || id AS what, account, amount, requested_by AS person,
                decided_by AS second, created_at, state = 'WAITING' AS is_waiting
            FROM invoice_refund_request
            WHERE origin = 'STAFF' AND state NOT IN ('REJECTED', 'EXPIRED')
            UNION ALL
            SELECT coalesce(q.id, r.id), 'refund ' || r.id, r.account, r.amount, r.requested_by,
                q.decided_by, coalesce(q.created_at, r.created_at), false
            FROM purchase_refund r LEFT JOIN purchase_refund_request q ON q.refund = r.id
            WHERE r.origin = 'STAFF'
            UNION ALL
            SELECT id, 'refund request ' || id, account, amount, requested_by, decided_by,
                created_at, true
            FROM purchase_refund_request WHERE state = 'WAITING')
        SELECT a.what FROM asked a
        WHERE NOT a.is_waiting AND (a.second IS NULL OR a.second = a.person)
            AND 10000 < (SELECT sum(b.amount) FROM asked b
                WHERE b.account = a.account AND b.person = a.person
                    AND b.created_at > a.created_at - interval '24 hours'
                    AND (b.created_at, b.id) <= (a.created_at, a.id))
        """,
    ),
)
