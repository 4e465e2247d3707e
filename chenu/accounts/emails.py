"""The addresses of mail that a person has, or had a short time ago."""

import msgspec

from chenu.accounts.actor import UserId
from chenu.core import db


class _Email(msgspec.Struct, frozen=True):
    email: str


async def list_proved_emails(user_id: UserId) -> list[str]:
    """The current one, and those whose links were opened as long as the links are stored.

    None that another person has by now.
    """
    sql = """
        SELECT email FROM app_user WHERE id = $1
        UNION SELECT t.email FROM mail_token t
        WHERE t.owner = $1 AND t.used_at IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM app_user u WHERE u.email = t.email AND u.id <> $1)
    """
    return [row.email for row in await db.fetch_all(_Email, sql, user_id)]


async def list_wanted_emails(user_id: UserId) -> list[str]:
    """Those that a link was mailed to, whether it was opened or not."""
    sql = "SELECT DISTINCT email FROM mail_token WHERE owner = $1 AND purpose = 'CHANGE_EMAIL'"
    return [row.email for row in await db.fetch_all(_Email, sql, user_id)]
