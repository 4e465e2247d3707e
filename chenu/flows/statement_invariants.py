"""What must always hold between creators' statements and the books.

Numbers as in docs/money.md, "Invariants".
"""

from chenu.core.i18n import mark
from chenu.ledger.invariants import Invariant

STATEMENTS = (
    Invariant(
        "I19",
        mark("a creator's statements hold what the books moved, once, one after the other"),
        """
        SELECT 'statement ' || s.number AS what
        FROM (SELECT s.*, (s.month + interval '1 month') AT TIME ZONE 'UTC' AS until,
                (lag(s.month) OVER w + interval '1 month') AT TIME ZONE 'UTC' AS prior_until,
                lag(s.last_entry) OVER w AS prior_entry, lag(s.closing) OVER w AS prior_closing,
                lag(s.place) OVER w AS prior_place, lag(s.series) OVER w AS prior_series
            FROM self_billing_statement s
            WINDOW w AS (PARTITION BY s.creator ORDER BY s.month)) s
        CROSS JOIN LATERAL (SELECT coalesce(sum(l.share), 0) AS share
            FROM self_billing_line l WHERE l.statement = s.id) l
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(e.amount) FILTER (WHERE NOT moves), 0) AS net,
                -coalesce(sum(e.amount) FILTER (WHERE moves), 0) AS transferred
            FROM ledger_account a JOIN ledger_entry e ON e.ledger_account_id = a.id
            JOIN ledger_transaction t ON t.id = e.transaction_id
            CROSS JOIN LATERAL (SELECT
                t.kind IN ('TRANSFER', 'TRANSFER_REVERSAL', 'DEBT_NETTED') AS moves) k
            WHERE a.owner_id = s.creator AND a.asset = 'EUR'
                AND a.kind IN ('CREATOR_PAYABLE', 'CREATOR_RECEIVABLE')
                AND e.id <= s.last_entry AND t.business_at < s.until
                AND NOT (s.prior_entry IS NOT NULL AND e.id <= s.prior_entry
                    AND t.business_at < s.prior_until)) b
        WHERE s.net <> l.share OR s.net <> b.net OR s.transferred <> b.transferred
            OR s.opening <> coalesce(s.prior_closing, 0)
            OR s.place <> coalesce(s.prior_place, 0) + 1
            OR s.series <> coalesce(s.prior_series, s.series)
        """,
    ),
)
