"""What people did in an account, and staff about it, as lines of time."""

from chenu.accounts.actor import AccountId
from chenu.core.paging import PageRequest
from chenu.core.time_line import Line, fetch_lines

_AUDIT = """
    SELECT at, 'audit:' || id AS ref, action AS what,
        coalesce(detail->>'reason', detail->>'after', '') AS words, NULL AS amount,
        NULL::text AS stripe_id, NULL::text AS page_id
    FROM audit_event
"""
_OF_ACCOUNT = f"""
    {_AUDIT} WHERE account_id = $1 AND action <> 'staff.read' AND NOT by_staff
    UNION ALL {_AUDIT} WHERE subject = $2 AND by_staff
"""


async def list_audit_lines(account_id: AccountId, page: PageRequest) -> list[Line]:
    """Not who of the staff has looked at it: /staff/audit is about staff."""
    return await fetch_lines(_OF_ACCOUNT, page, account_id, str(account_id))
