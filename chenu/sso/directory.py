"""Who has left the directory of a connection, and who is back."""

from chenu.accounts.actor import UserId
from chenu.core import db
from chenu.core.clock import business_now
from chenu.sso.model import ConnectionId


async def mark_left(connection_id: ConnectionId, member: UserId) -> None:
    """Part of the caller's transaction: they cannot come back by their provider."""
    sql = """
        UPDATE sso_identity SET left_at = $3
        WHERE connection = $1 AND member = $2 AND left_at IS NULL
    """
    await db.execute(sql, connection_id, member, business_now())


async def mark_back(connection_id: ConnectionId, member: UserId) -> None:
    """The directory has them again."""
    sql = "UPDATE sso_identity SET left_at = NULL WHERE connection = $1 AND member = $2"
    await db.execute(sql, connection_id, member)
