"""From where people are signed in, for rules against fraud: compared, and nowhere stored again."""

from collections.abc import Sequence

from chenu.accounts.actor import UserId
from chenu.core import db


async def list_session_addresses(user_ids: Sequence[UserId]) -> list[str]:
    """IP addresses of their sessions that are not purged yet, each once."""
    sql = """
        SELECT DISTINCT ip FROM user_session WHERE owner = ANY($1) AND ip <> '' ORDER BY ip
    """
    return [row["ip"] for row in await db.fetch_records(sql, list(user_ids))]
