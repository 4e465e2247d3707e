"""Single-use links sent by mail: verify an address, change it, choose a new password."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from chenu.accounts.actor import UserId
from chenu.accounts.credentials import hash_token, new_token
from chenu.core import db
from chenu.core.clock import system_now
from chenu.core.errors import Invalid
from chenu.core.ids import new_id


class Purpose(StrEnum):
    VERIFY_EMAIL = "VERIFY_EMAIL"
    CHANGE_EMAIL = "CHANGE_EMAIL"
    RESET_PASSWORD = "RESET_PASSWORD"  # noqa: S105 - a purpose


LIFE = {
    Purpose.VERIFY_EMAIL: timedelta(days=3),
    Purpose.CHANGE_EMAIL: timedelta(days=1),
    Purpose.RESET_PASSWORD: timedelta(minutes=30),
}


@dataclass(frozen=True, slots=True)
class MailToken:
    owner: UUID
    purpose: str
    email: str

    @property
    def user_id(self) -> UserId:
        return UserId(self.owner)


async def make_mail_token(user_id: UserId, purpose: Purpose, email: str) -> str:
    """The token for the link; earlier ones of the same purpose stop working."""
    now = system_now()
    cancel = """
        UPDATE mail_token SET used_at = $3 WHERE owner = $1 AND purpose = $2 AND used_at IS NULL
    """
    await db.execute(cancel, user_id, purpose, now)
    token = new_token()
    sql = """
        INSERT INTO mail_token (id, token_hash, owner, purpose, email, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6)
    """
    expires_at = now + LIFE[purpose]
    await db.execute(sql, new_id(), hash_token(token), user_id, purpose, email, expires_at)
    return token


async def use_mail_token(token: str, *purposes: Purpose) -> MailToken:
    """Take it, once; raises Invalid when it is unknown, used, expired or for something else."""
    sql = """
        UPDATE mail_token SET used_at = $2
        WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2 AND purpose = ANY($3)
        RETURNING owner, purpose, email
    """
    found = await db.find_one(MailToken, sql, hash_token(token), system_now(), list(purposes))
    if found is None:
        raise Invalid("This link was used before or has expired", path=("token",))
    return found


async def is_mail_token_good(token: str, purpose: Purpose) -> bool:
    """Would `use_mail_token` take it? For the page that shows the form."""
    sql = """
        SELECT 1 FROM mail_token
        WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2 AND purpose = $3
    """
    return bool(await db.fetch_value(sql, hash_token(token), system_now(), purpose))
