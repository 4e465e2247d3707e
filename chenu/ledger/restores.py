"""Backups from which this database was made: what it does not know Stripe may have done for us."""

from datetime import datetime, timedelta

from chenu.core import db
from chenu.core.clock import system_now
from chenu.core.ids import new_id
from chenu.core.rows import insert
from chenu.ledger.operations import OperationRow
from chenu.ledger.tables import RestoredBackup

SOUGHT = timedelta(days=35)
"""Stripe's events of the lost time are found again for 30 days."""


async def record_restore(made_at: datetime) -> None:
    """`made_at` is business time: when the backup was made."""
    row = {"id": new_id(), "made_at": made_at, "restored_at": system_now()}
    await insert(RestoredBackup, row)


async def find_lost_since(operation: OperationRow) -> datetime | None:
    """Since when another operation may have done at Stripe what this one is for.

    None for one that was in the backup itself, whose own key or id finds what it did.
    """
    sql = """
        SELECT max(made_at) FROM restored_backup WHERE made_at <= $1 AND restored_at > $2
    """
    found: datetime | None = await db.fetch_value(sql, operation.created_at, system_now() - SOUGHT)
    return found
