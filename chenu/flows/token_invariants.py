"""What must hold between grants of tokens, their entries, holds and the books: with invariants.py.

Each is checked for accounts with an entry after the last one that was found correct ($1).
"""

from chenu.core.i18n import mark
from chenu.ledger.invariants import Invariant

_TOUCHED = "$1 = 0 OR {} IN (SELECT n.account_id FROM ledger_entry n WHERE n.id > $1)"

TOKENS = (
    Invariant(
        "I9",
        mark(
            "of a grant, what is left, held, spent, expired, revoked and repaid is what was granted"
        ),
        f"""
        SELECT 'grant ' || g.id AS what FROM token_grant g
        LEFT JOIN token_amount t ON t.token_grant = g.id
        WHERE {_TOUCHED.format("g.account")}
        GROUP BY g.id
        HAVING coalesce(sum(t.amount) FILTER (WHERE t.kind = 'GRANT'), 0) <> g.granted
            OR coalesce(sum(t.amount) FILTER (WHERE t.pool <> 'DEBT'), 0) <> g.remaining
            OR coalesce(sum(t.amount) FILTER (WHERE t.kind IN ('HOLD', 'RELEASE')), 0) <> -g.held
            OR coalesce(sum(t.amount) FILTER (WHERE t.pool = 'DEBT'), 0) <> -g.debt
            OR coalesce(sum(t.amount) FILTER (WHERE t.kind = 'SPEND'), 0) <> -g.spent
            OR g.is_open <> (g.remaining + g.held + g.debt > 0)
            OR bool_or(t.account_id <> g.account)
        """,  # noqa: S608 - own text
        grows=True,
    ),
    Invariant(
        "I9w",
        mark("a wallet's balance in the books is what is left of its grants, less what it owes"),
        f"""
        SELECT 'account ' || a.owner_id || ' ' || a.kind AS what FROM ledger_account a
        LEFT JOIN LATERAL (
            SELECT coalesce(sum(g.remaining) FILTER (WHERE g.agent IS NULL), 0) AS wallet,
                coalesce(sum(g.remaining) FILTER (WHERE g.agent IS NOT NULL), 0) AS promotion,
                coalesce(sum(g.held), 0) AS held, coalesce(sum(g.debt), 0) AS debt
            FROM token_grant g WHERE g.account = a.owner_id AND g.is_open) g ON true
        WHERE a.asset = 'TOKEN' AND a.kind IN
                ('TOKEN_WALLET', 'TOKEN_PROMOTION', 'TOKEN_HOLDS', 'TOKEN_RECEIVABLE')
            AND ({_TOUCHED.format("a.owner_id")})
            AND a.balance <> CASE a.kind WHEN 'TOKEN_WALLET' THEN g.wallet
                WHEN 'TOKEN_PROMOTION' THEN g.promotion WHEN 'TOKEN_HOLDS' THEN g.held
                ELSE -g.debt END
        UNION ALL
        SELECT 'account ' || a.owner_id || ' has both tokens and a debt' FROM ledger_account a
        JOIN ledger_account d ON d.kind = 'TOKEN_RECEIVABLE' AND d.owner_id = a.owner_id
            AND d.asset = 'TOKEN'
        WHERE a.kind = 'TOKEN_WALLET' AND a.asset = 'TOKEN' AND a.balance > 0 AND d.balance < 0
        """,  # noqa: S608 - own text
        grows=True,
    ),
    Invariant(
        "I9b",
        mark("what an account was granted, spent, lost by expiry and by revocation is booked so"),
        f"""
        SELECT 'account ' || coalesce(b.account_id, t.account_id) AS what FROM (
            SELECT e.account_id,
                -sum(e.amount) FILTER (WHERE a.kind = 'TOKENS_ISSUED') AS issued,
                sum(e.amount) FILTER (WHERE a.kind = 'TOKENS_SPENT') AS spent,
                sum(e.amount) FILTER (WHERE a.kind = 'TOKENS_EXPIRED') AS expired,
                sum(e.amount) FILTER (WHERE a.kind = 'TOKENS_REVOKED') AS revoked
            FROM ledger_amount e JOIN ledger_account a ON a.id = e.ledger_account_id
            WHERE a.owner_id IS NULL AND a.asset = 'TOKEN'
                AND ({_TOUCHED.format("e.account_id")})
            GROUP BY e.account_id) b
        FULL JOIN (
            SELECT t.account_id,
                sum(CASE WHEN t.kind = 'GRANT' THEN t.amount
                    WHEN t.pool = 'UNLIMITED' THEN -t.amount END) AS issued,
                -sum(t.amount) FILTER (WHERE t.kind = 'SPEND') AS spent,
                -sum(t.amount) FILTER (WHERE t.kind = 'EXPIRE') AS expired,
                -sum(t.amount) FILTER (WHERE t.kind = 'REVOKE') AS revoked
            FROM token_amount t WHERE {_TOUCHED.format("t.account_id")}
            GROUP BY t.account_id) t ON t.account_id = b.account_id
        WHERE (b.issued, b.spent, b.expired, b.revoked)
            IS DISTINCT FROM (t.issued, t.spent, t.expired, t.revoked)
        """,  # noqa: S608 - own text
        grows=True,
    ),
    Invariant(
        "I9h",
        mark("a hold has the entries of what it holds, and a settled one of what it used"),
        f"""
        SELECT 'hold ' || h.id AS what FROM token_hold h
        LEFT JOIN token_entry t ON t.execution_id = h.id
        WHERE {_TOUCHED.format("h.account")}
        GROUP BY h.id
        HAVING (NOT h.is_unlimited
                AND -coalesce(sum(t.amount) FILTER (WHERE t.kind = 'HOLD'), 0) <> h.held)
            OR -coalesce(sum(t.amount) FILTER (WHERE t.kind = 'SPEND'), 0) <> coalesce(h.used, 0)
            OR (coalesce(sum(t.amount) FILTER (WHERE t.kind IN ('HOLD', 'RELEASE')), 0) = 0)
                <> (h.status <> 'OPEN' OR h.is_unlimited)
        """,  # noqa: S608 - own text
        grows=True,
    ),
    Invariant(
        "I9e",
        mark("the balance after the last entry is what can be spent"),
        f"""
        SELECT 'account ' || a.owner_id AS what FROM ledger_account a
        LEFT JOIN ledger_account d ON d.kind = 'TOKEN_RECEIVABLE' AND d.owner_id = a.owner_id
            AND d.asset = 'TOKEN'
        JOIN LATERAL (SELECT t.balance_after FROM token_entry t
            WHERE t.account_id = a.owner_id AND t.pool <> 'PROMOTION'
            ORDER BY t.id DESC LIMIT 1) t ON true
        WHERE a.kind = 'TOKEN_WALLET' AND a.asset = 'TOKEN' AND ({_TOUCHED.format("a.owner_id")})
            AND t.balance_after <> a.balance + coalesce(d.balance, 0)
        """,  # noqa: S608 - own text
        grows=True,
    ),
    Invariant(
        "I9p",
        mark(
            "each monthly or trial grant is of one budget, and a budget has the grants that it says"
        ),
        f"""
        SELECT 'grant ' || g.id AS what FROM token_grant g
        LEFT JOIN token_budget_period p ON p.id = g.source_id AND p.account = g.account
            AND (p.source = 'TRIAL') = (g.kind = 'TRIAL') AND g.expires_at <= p.ends_at
        WHERE g.kind IN ('MONTHLY', 'TRIAL') AND p.id IS NULL AND ({_TOUCHED.format("g.account")})
        UNION ALL
        SELECT 'budget ' || p.id FROM token_budget_period p
        LEFT JOIN token_grant g ON g.source_id = p.id
        WHERE {_TOUCHED.format("p.account")}
        GROUP BY p.id
        HAVING p.carried <> coalesce(sum(g.granted) FILTER (WHERE g.kind = 'ADJUSTMENT'), 0)
            OR p.granted + p.resumed
                <> coalesce(sum(g.granted) FILTER (WHERE g.kind <> 'ADJUSTMENT'), 0)
        """,  # noqa: S608 - own text
        grows=True,
    ),
)
