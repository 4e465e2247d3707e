"""Single-use links sent by mail: verify or change an email address, cancel that, reset a
password.
"""

from datetime import timedelta
from enum import StrEnum
from uuid import UUID

import msgspec

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
    CANCEL_CHANGE = "CANCEL_CHANGE"


LIFE = {
    Purpose.VERIFY_EMAIL: timedelta(days=3),
    Purpose.CHANGE_EMAIL: timedelta(days=1),
    Purpose.RESET_PASSWORD: timedelta(minutes=30),
    Purpose.CANCEL_CHANGE: timedelta(days=1),
}


class MailToken(msgspec.Struct, frozen=True):
    owner: UUID
    purpose: str
    email: str

    @property
    def user_id(self) -> UserId:
        return UserId(self.owner)


async def make_mail_token(
    user_id: UserId, purpose: Purpose, email: str, link_query: str = ""
) -> str:
    """The token for the link, which takes `link_query` along.

    Earlier ones of the same purpose are invalidated, except cancellations.

    For an unknown person the same statements run, so that the time is equal; the token is useless.
    """
    if purpose is not Purpose.CANCEL_CHANGE:
        await cancel_mail_tokens(user_id, purpose)
    token = new_token()
    sql = """
        INSERT INTO mail_token (id, token_hash, owner, purpose, email, link_query, expires_at)
        SELECT $1, $2, id, $4, $5, $6, $7 FROM app_user WHERE id = $3
    """
    row = (new_id(), hash_token(token), user_id, purpose, email, link_query)
    await db.execute(sql, *row, system_now() + LIFE[purpose])
    return token


async def find_last_link_query(user_id: UserId, purpose: Purpose) -> str | None:
    """What the person's latest link for this purpose took along, also if it works no more."""
    sql = """
        SELECT link_query FROM mail_token WHERE owner = $1 AND purpose = $2
        ORDER BY id DESC LIMIT 1
    """
    found: str | None = await db.fetch_value(sql, user_id, purpose)
    return found


async def cancel_mail_tokens(user_id: UserId, *purposes: Purpose) -> None:
    """Invalidates the person's unused links for these purposes, or all without a purpose."""
    sql = """
        UPDATE mail_token SET used_at = $3
        WHERE owner = $1 AND purpose = ANY($2) AND used_at IS NULL
    """
    await db.execute(sql, user_id, list(purposes or Purpose), system_now())


async def use_mail_token(token: str, *purposes: Purpose) -> MailToken:
    """Uses the token, once; raises Invalid if it is unknown, used, expired or for another purpose.

    Its person's row is locked first, whatever the purpose, so that concurrent uses run in turn.
    """
    lock = """
        SELECT 1 FROM app_user WHERE id = (SELECT owner FROM mail_token WHERE token_hash = $1)
        FOR NO KEY UPDATE
    """
    await db.execute(lock, hash_token(token))
    sql = """
        UPDATE mail_token SET used_at = $2
        WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2 AND purpose = ANY($3)
        RETURNING owner, purpose, email
    """
    found = await db.find_one(MailToken, sql, hash_token(token), system_now(), list(purposes))
    if found is None:
        raise bad_link()
    return found


async def is_mail_token_good(token: str, purpose: Purpose) -> bool:
    """Whether `use_mail_token` would accept it; for the page that shows the form."""
    return await find_mail_token_owner(token, purpose) is not None


async def find_mail_token_owner(token: str, purpose: Purpose) -> UserId | None:
    """The person the link was sent to; None for an invalid link."""
    sql = """
        SELECT owner FROM mail_token
        WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2 AND purpose = $3
    """
    found: UUID | None = await db.fetch_value(sql, hash_token(token), system_now(), purpose)
    return None if found is None else UserId(found)


def bad_link() -> Invalid:
    return Invalid("This link was used before or has expired", path=("token",))
