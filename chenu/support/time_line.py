"""What an account and the support desk wrote to each other, as lines of time."""

from chenu.accounts.actor import AccountId
from chenu.core.paging import PageRequest
from chenu.core.time_line import Line, fetch_lines

_SUPPORT = """
    SELECT created_at AS at, 'support_request:' || id AS ref,
        CASE WHEN closed_at IS NOT NULL THEN 'CLOSED' WHEN answered_at IS NOT NULL THEN 'ANSWERED'
            ELSE 'WAITING' END AS what,
        subject AS words, NULL AS amount, NULL::text AS stripe_id, id::text AS page_id
    FROM support_request WHERE account = $1
    UNION ALL
    SELECT a.created_at, 'support_answer:' || a.id, 'ANSWER', r.subject, NULL, NULL, r.id::text
    FROM support_answer a JOIN support_request r ON r.id = a.request WHERE r.account = $1
    UNION ALL
    SELECT declared_at, 'withdrawal:' || id, state, contract, NULL, NULL, id::text
    FROM withdrawal_statement WHERE account = $1
"""


async def list_support_lines(account_id: AccountId, page: PageRequest) -> list[Line]:
    """Requests, answers, and statements of withdrawal."""
    return await fetch_lines(_SUPPORT, page, account_id)
