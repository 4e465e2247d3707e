"""A connection is removed: its directory's rows go with it, and members stay."""

from chenu.core import db
from chenu.sso.model import ConnectionId


async def forget_directory(connection_id: ConnectionId) -> None:
    """Part of the caller's transaction."""
    groups = "SELECT id FROM scim_group WHERE connection = $1"
    sql = f"DELETE FROM scim_group_member WHERE group_id IN ({groups})"  # noqa: S608 - own text
    await db.execute(sql, connection_id)
    for table in ("scim_group", "scim_entry", "scim_token"):
        await db.execute(f"DELETE FROM {table} WHERE connection = $1", connection_id)  # noqa: S608 - own names
