"""What was booked for an account, and what Stripe was asked for it, as lines of time."""

from collections.abc import Collection
from uuid import UUID

from chenu.core.paging import PageRequest
from chenu.core.time_line import Line, fetch_lines
from chenu.ledger.operations import OperationKind

_TRANSACTIONS = """
    SELECT t.business_at AS at, 'transaction:' || t.id AS ref, t.kind AS what, NULL::text AS words,
        (SELECT sum(e.amount)
            FROM ledger_entry e JOIN ledger_account a ON a.id = e.ledger_account_id
            WHERE e.transaction_id = t.id AND e.amount > 0 AND a.asset = 'EUR') AS amount,
        NULL::text AS stripe_id, t.operation_id::text AS page_id
    FROM ledger_transaction t WHERE t.account_id = $1
"""
_OPERATIONS = """
    SELECT created_at AS at, 'operation:' || id AS ref, state AS what, kind AS words,
        nullif(amount, 0) AS amount, stripe_id, id::text AS page_id
    FROM operation WHERE account_id = $1 AND kind = ANY($2)
"""


async def list_transaction_lines(account_id: UUID, page: PageRequest) -> list[Line]:
    """The amount is the sum of a transaction's credits in euros; null where it is of tokens."""
    return await fetch_lines(_TRANSACTIONS, page, account_id)


async def list_operation_lines(
    account_id: UUID, kinds: Collection[OperationKind], page: PageRequest
) -> list[Line]:
    """Calls to Stripe of these kinds."""
    return await fetch_lines(_OPERATIONS, page, account_id, [kind.value for kind in kinds])
