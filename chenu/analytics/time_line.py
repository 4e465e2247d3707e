"""How a customer's MRR moved, as lines of time."""

from chenu.accounts.actor import AccountId
from chenu.core.paging import PageRequest
from chenu.core.time_line import Line, fetch_lines

_MOVEMENTS = """
    SELECT moved_at AS at, 'movement:' || id AS ref, kind AS what, NULL::text AS words,
        mrr_after - mrr_before AS amount, NULL::text AS stripe_id, NULL::text AS page_id
    FROM mrr_movement WHERE account = $1
"""


async def list_movement_lines(account_id: AccountId, page: PageRequest) -> list[Line]:
    """The amount is what MRR changed by; below zero it became less."""
    return await fetch_lines(_MOVEMENTS, page, account_id)
