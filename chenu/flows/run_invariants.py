"""What must always hold between runs of agents and the tokens that they hold and take.

Numbers as in docs/money.md, "Invariants".
"""

from chenu.core.i18n import mark
from chenu.ledger.invariants import Invariant

RUNS = (
    Invariant(
        "I9r",
        mark("an open run has an open hold of its account and amounts, and an ended one has none"),
        """
        SELECT 'run ' || coalesce(e.id, h.id) AS what
        FROM (SELECT id, account, tokens_held, max_tokens FROM execution
            WHERE status = 'AUTHORIZED') e
        FULL JOIN (SELECT h.* FROM token_hold h JOIN execution USING (id)
            WHERE h.status = 'OPEN') h ON h.id = e.id
        WHERE (e.account, e.tokens_held, e.max_tokens)
            IS DISTINCT FROM (h.account, h.held, h.most)
        """,
    ),
    Invariant(
        "I9s",
        mark("a reported run took what its hold was settled with; any other took nothing"),
        """
        SELECT 'run ' || e.id AS what FROM execution e
        LEFT JOIN token_hold h ON h.id = e.id
        WHERE e.status <> 'AUTHORIZED' AND (h.id IS NULL
            OR (h.status = 'SETTLED') <> (e.status IN ('COMPLETED', 'FAILED'))
            OR (h.status = 'SETTLED' AND (e.tokens_used, e.capped) <> (h.used, h.capped)))
        """,
    ),
    Invariant(
        "I9t",
        mark("no account has more than three free tries of an agent, of 50 tokens each"),
        """
        SELECT 'account ' || account || ' agent ' || agent AS what FROM execution
        WHERE is_free_try AND status <> 'CANCELED'
        GROUP BY account, agent HAVING count(*) > 3 OR max(max_tokens) > 50
        """,
    ),
    Invariant(
        "I9u",
        mark("an open hold belongs to a run"),
        """
        SELECT 'hold ' || h.id AS what FROM token_hold h
        LEFT JOIN execution e ON e.id = h.id
        WHERE h.status = 'OPEN' AND e.id IS NULL
        """,
    ),
)
