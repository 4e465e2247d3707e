"""Whether somebody has a second factor: asked wherever a password is."""

from chenu.accounts.actor import UserId
from chenu.core import db


async def has_second_factor(user_id: UserId) -> bool:
    sql = (
        "SELECT EXISTS (SELECT 1 FROM second_factor WHERE owner = $1 AND confirmed_at IS NOT NULL)"
    )
    return bool(await db.fetch_value(sql, user_id))
