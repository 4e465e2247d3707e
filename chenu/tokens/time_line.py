"""Token packs of an account, as lines of time."""

from chenu.accounts.actor import AccountId
from chenu.core.paging import PageRequest
from chenu.core.time_line import Line, fetch_lines

_PACKS = """
    SELECT coalesce(paid_at, created_at) AS at, 'pack_order:' || id AS ref, status AS what,
        pack AS words, price AS amount, checkout_session_id AS stripe_id, NULL::text AS page_id
    FROM pack_order WHERE account = $1
    UNION ALL
    SELECT r.created_at, 'pack_refund:' || r.id,
        CASE WHEN r.restored_at IS NULL THEN 'RETURNED' ELSE 'FAILED' END, o.pack, r.amount,
        r.stripe_refund_id, NULL
    FROM pack_order o JOIN pack_refund r ON r.pack_order = o.id WHERE o.account = $1
"""


async def list_pack_lines(account_id: AccountId, page: PageRequest) -> list[Line]:
    """Orders, and refunds that took tokens back."""
    return await fetch_lines(_PACKS, page, account_id)
