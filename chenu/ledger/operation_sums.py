"""Operations of one subject: which are open, and what they come to."""

from collections.abc import Sequence
from uuid import UUID

from chenu.core import db
from chenu.core.money import Cents
from chenu.ledger.operations import COLUMNS, OperationKind, OperationRow


async def list_open_of_subject(kind: OperationKind, subject_id: UUID) -> list[OperationRow]:
    """The oldest first."""
    sql = f"""
        SELECT {COLUMNS} FROM operation
        WHERE subject_id = $1 AND kind = $2 AND state IN ('INTENT', 'UNKNOWN') ORDER BY id
    """  # noqa: S608 - own columns
    return await db.fetch_all(OperationRow, sql, subject_id, kind)


async def sum_standing(kind: OperationKind, subject_id: UUID, name: str, value: str) -> Cents:
    """Amounts of those with this parameter that are open, or have made their object at Stripe."""
    sql = """
        SELECT coalesce(sum(amount), 0)::bigint FROM operation
        WHERE subject_id = $1 AND kind = $2 AND params ->> $3 = $4
            AND (state IN ('INTENT', 'UNKNOWN') OR stripe_id IS NOT NULL)
    """
    return Cents(await db.fetch_value(sql, subject_id, kind, name, value))


async def sum_open(kind: OperationKind, subject_ids: Sequence[UUID]) -> Cents:
    sql = """
        SELECT coalesce(sum(amount), 0)::bigint FROM operation
        WHERE subject_id = ANY($1) AND kind = $2 AND state IN ('INTENT', 'UNKNOWN')
    """
    return Cents(await db.fetch_value(sql, list(subject_ids), kind))
