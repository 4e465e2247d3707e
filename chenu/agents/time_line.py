"""What an account bought of agents, paid and got back, as lines of time."""

from chenu.accounts.actor import AccountId
from chenu.core.paging import PageRequest
from chenu.core.time_line import Line, fetch_lines

_PURCHASES = """
    SELECT p.created_at AS at, 'purchase:' || p.id AS ref, p.status AS what, a.name AS words,
        p.price AS amount, p.checkout_session_id AS stripe_id,
        CASE WHEN p.paid_at IS NOT NULL THEN p.id::text END AS page_id
    FROM purchase p JOIN agent a ON a.id = p.agent WHERE p.account = $1
    UNION ALL
    SELECT y.paid_at, 'purchase_payment:' || y.id, 'PAID', a.name, y.gross, y.stripe_charge_id,
        p.id::text
    FROM purchase_payment y JOIN purchase p ON p.id = y.purchase JOIN agent a ON a.id = p.agent
    WHERE y.account_id = $1
    UNION ALL
    SELECT coalesce(r.settled_at, r.created_at), 'purchase_refund:' || r.id, r.state, a.name,
        r.amount, r.stripe_refund_id, p.id::text
    FROM purchase p JOIN purchase_refund r ON r.purchase = p.id JOIN agent a ON a.id = p.agent
    WHERE p.account = $1
"""


async def list_purchase_lines(account_id: AccountId, page: PageRequest) -> list[Line]:
    """As a buyer: orders, payments, and refunds."""
    return await fetch_lines(_PURCHASES, page, account_id)
