"""When a creator's next statement is due: a time in the row of their legal details."""

from datetime import datetime

from chenu.agents.legal_details import SELECT_DETAILS, LegalDetailsRow
from chenu.agents.model import CreatorId
from chenu.core import db
from chenu.core.backoff import BACKOFF
from chenu.core.clock import business_now, system_now

_AT_ONCE = 200


async def list_due_creators() -> list[LegalDetailsRow]:
    """The most overdue first; whose last try failed, waits."""
    sql = f"""
        {SELECT_DETAILS} WHERE due_at <= $1 AND next_attempt_at <= $2 ORDER BY due_at LIMIT $3
    """
    return await db.fetch_all(LegalDetailsRow, sql, business_now(), system_now(), _AT_ONCE)


async def set_next_turn(creator_id: CreatorId, due_at: datetime) -> None:
    sql = """
        UPDATE creator_legal_details SET due_at = $2, attempts = 0, last_error = NULL
        WHERE creator = $1
    """
    await db.execute(sql, creator_id, due_at)


async def postpone_turn(creator_id: CreatorId, error: str) -> None:
    sql = f"""
        UPDATE creator_legal_details SET attempts = attempts + 1, last_error = $2,
            next_attempt_at = $3::timestamptz + {BACKOFF}
        WHERE creator = $1
    """  # noqa: S608 - texts of ours
    await db.execute(sql, creator_id, error[:500], system_now())
