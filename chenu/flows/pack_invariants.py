"""What must always hold between packs, their charges, tokens and refunds.

Numbers as in docs/money.md, "Invariants".
"""

from datetime import timedelta

from chenu.core.i18n import mark
from chenu.core.retention import MAILS_STORED
from chenu.ledger.invariants import Invariant

PACKS = (
    Invariant(
        "I6k",
        mark("a paid pack has one charge, of its price, and base and bonus as it was offered"),
        """
        SELECT 'pack order ' || o.id AS what FROM pack_order o
        LEFT JOIN invoice_payment p ON p.id = o.payment
        LEFT JOIN token_grant b ON b.business_key = 'pack:' || o.id || ':base'
        LEFT JOIN token_grant x ON x.business_key = 'pack:' || o.id || ':bonus'
        WHERE (o.status = 'PAID') <> (p.id IS NOT NULL)
            OR (o.status = 'PAID') <> (b.id IS NOT NULL)
            OR (o.status = 'PAID' AND o.bonus_tokens > 0) <> (x.id IS NOT NULL)
            OR p.gross - p.discount <> o.price OR p.account <> o.account
            OR b.granted <> o.base_tokens OR x.granted <> o.bonus_tokens
            OR b.account <> o.account OR x.account <> o.account
        UNION ALL
        SELECT 'invoice payment ' || p.id FROM invoice_payment p
        JOIN invoice i ON i.id = p.invoice
        JOIN pack_order o ON o.id = i.purchase WHERE o.payment IS DISTINCT FROM p.id
        """,
    ),
    Invariant(
        "I7k",
        mark("refunds of a pack take back at most its tokens, and each refund its own, as booked"),
        """
        SELECT 'pack order ' || o.id AS what FROM pack_order o
        JOIN pack_refund r ON r.pack_order = o.id AND r.restored_at IS NULL
        GROUP BY o.id, o.base_tokens, o.bonus_tokens, o.price
        HAVING sum(r.base_tokens) > o.base_tokens OR sum(r.bonus_tokens) > o.bonus_tokens
        UNION ALL
        SELECT 'refund ' || f.id FROM invoice_refund f
        JOIN pack_order o ON o.payment = f.payment
        LEFT JOIN pack_refund r ON r.stripe_refund_id = f.stripe_refund_id
        WHERE r.id IS NULL OR r.amount <> f.amount
            OR (r.restored_at IS NULL) <> (f.failed_at IS NULL)
        UNION ALL
        SELECT 'pack refund ' || r.id FROM pack_refund r
        LEFT JOIN invoice_refund_request q ON q.id = r.refund_request
        LEFT JOIN dispute d ON d.id = r.dispute AND d.is_taken AND r.restored_at IS NULL
        WHERE r.refund_request IS NOT NULL AND (q.id IS NULL OR q.amount <> r.amount
            OR (q.state IN ('REJECTED', 'FAILED') AND r.stripe_refund_id IS NULL AND d.id IS NULL)
                <> (r.restored_at IS NOT NULL AND r.stripe_refund_id IS NULL))
        UNION ALL
        SELECT 'pack refund ' || r.id FROM pack_refund r
        LEFT JOIN LATERAL (
            SELECT -sum(e.amount) AS tokens,
                -coalesce(sum(e.amount) FILTER (WHERE e.pool = 'DEBT'), 0) AS debt
            FROM token_grant g JOIN token_entry e ON e.token_grant = g.id AND e.kind = 'REVOKE'
            JOIN ledger_key k ON k.transaction_id = e.ledger_transaction_id
                AND k.business_key = ANY (ARRAY(
                    SELECT 'token:revoke:pack-refund:' || r.id || kind || debt || ':' || g.id
                    FROM unnest('{"",:pack,:pack_bonus}'::text[]) kind,
                        unnest('{"",:debt}'::text[]) debt))
            WHERE g.source_id = r.pack_order) taken ON true
        WHERE (taken.tokens, taken.debt)
            IS DISTINCT FROM (r.base_tokens + r.bonus_tokens, r.debt_tokens)
        """,
    ),
    Invariant(
        "I8k",
        mark("a handled checkout event has its effect: no pack of a paid page is still pending"),
        """
        SELECT 'event ' || w.id AS what FROM stripe_event w
        JOIN pack_order o ON o.checkout_session_id = w.object_id
        WHERE w.type = 'checkout.session.completed' AND w.state = 'HANDLED'
            AND o.status = 'PENDING'
        """,
    ),
    Invariant(
        "I16k",
        mark("each paid pack has its receipt, once"),
        """
        SELECT 'pack order ' || o.id AS what FROM pack_order o
        WHERE o.paid_at > $1 AND NOT EXISTS (
            SELECT 1 FROM outbox_mail m WHERE m.business_key = 'pack-receipt:' || o.id)
        """,
        looks_back=MAILS_STORED - timedelta(days=1),
    ),
)
