"""What must always hold between monthly agents, their subscriptions, payments and access.

Numbers as in docs/money.md, "Invariants". I5, I7, I16 and I18 (invariants.py) hold for each of
their payments as for those of sales.
"""

from chenu.core.i18n import mark
from chenu.ledger.invariants import Invariant

MONTHLY = (
    Invariant(
        "I4m",
        mark("a monthly purchase that was paid has one subscription, of its account and its agent"),
        """
        SELECT 'purchase ' || p.id AS what FROM purchase p
        LEFT JOIN subscription s ON s.stripe_subscription_id = p.stripe_subscription_id
        WHERE p.price_type = 'SUBSCRIPTION' AND p.status <> 'REFUNDED'
            AND ((p.paid_at IS NOT NULL AND p.stripe_subscription_id IS NULL)
                OR (s.id IS NOT NULL
                    AND (s.kind, s.account, s.item) <> ('AGENT', p.account, p.agent::text)))
        """,
    ),
    Invariant(
        "I5m",
        mark(
            "a paid invoice of a monthly agent has payments of what was paid, each of its purchase"
        ),
        """
        SELECT 'invoice ' || i.id AS what FROM invoice i
        JOIN purchase p ON p.stripe_subscription_id = i.stripe_subscription_id
        LEFT JOIN purchase_payment y ON y.stripe_invoice_id = i.stripe_invoice_id
        WHERE i.status = 'PAID'
        GROUP BY i.id, i.amount_paid, p.id
        HAVING coalesce(sum(y.gross - y.discount)
                FILTER (WHERE NOT starts_with(y.stripe_charge_id, 'credit_')), 0) <> i.amount_paid
            OR coalesce(bool_or(y.purchase <> p.id), false)
        """,
    ),
    Invariant(
        "I6m",
        mark("a monthly agent is usable exactly while its paid subscription gives it"),
        """
        SELECT 'purchase ' || p.id AS what FROM purchase p
        JOIN subscription s ON s.stripe_subscription_id = p.stripe_subscription_id
        LEFT JOIN access_grant g ON g.purchase = p.id
        WHERE p.price_type = 'SUBSCRIPTION' AND p.status NOT IN ('REFUNDED', 'DISPUTED')
            AND CASE WHEN p.paid_at IS NULL THEN g.id IS NOT NULL
                WHEN g.id IS NULL THEN true
                WHEN NOT s.gives_access THEN g.ends_at IS NULL
                ELSE g.ends_at IS DISTINCT FROM
                    CASE WHEN s.cancel_at_period_end THEN s.period_end END END
        """,
    ),
    Invariant(
        "I8m",
        mark("the state of a monthly purchase is that of its subscription"),
        """
        SELECT 'purchase ' || p.id AS what FROM purchase p
        JOIN subscription s ON s.stripe_subscription_id = p.stripe_subscription_id
        WHERE p.price_type = 'SUBSCRIPTION' AND p.paid_at IS NOT NULL
            AND p.status NOT IN ('REFUNDED', 'DISPUTED')
            AND p.status <> CASE WHEN s.status = 'CANCELED' THEN 'ENDED'
                WHEN s.status IN ('PAST_DUE', 'UNPAID') THEN 'PAST_DUE'
                WHEN s.cancel_at_period_end THEN 'CANCELED' ELSE 'ACTIVE' END
        """,
    ),
    Invariant(
        "I10m",
        mark("an account has one subscription at most of one agent that goes on"),
        """
        SELECT 'account ' || account || ' agent ' || item AS what FROM subscription
        WHERE kind = 'AGENT' AND status <> 'CANCELED'
        GROUP BY account, item HAVING count(*) > 1
        """,
    ),
)
