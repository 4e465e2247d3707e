"""Password hashes in the database: found, compared and replaced in one statement each."""

from collections.abc import Collection
from uuid import UUID

import msgspec

from chenu.accounts.actor import UserId
from chenu.core import db
from chenu.core.ids import new_id


class Credentials(msgspec.Struct, frozen=True):
    id: UUID
    password_hash: str

    @property
    def user_id(self) -> UserId:
        return UserId(self.id)


def dummy_credentials() -> Credentials:
    """For an unknown email: queries with these credentials find nothing, and take as long."""
    return Credentials(new_id(), "")


async def find_credentials(email: str) -> Credentials | None:
    sql = "SELECT id, password_hash FROM app_user WHERE email = $1"
    return await db.find_one(Credentials, sql, email)


async def get_password_hash(user_id: UserId) -> str:
    return str(await db.fetch_value("SELECT password_hash FROM app_user WHERE id = $1", user_id))


async def list_without_password(user_ids: Collection[UserId]) -> set[UserId]:
    """Of these people, those who have only signed in by a provider, or were made by a directory."""
    sql = "SELECT array_agg(id) FROM app_user WHERE id = ANY($1) AND password_hash = ''"
    return set(await db.fetch_value(sql, list(user_ids)) or ())


async def store_password(user_id: UserId, password_hash: str) -> None:
    await db.execute("UPDATE app_user SET password_hash = $2 WHERE id = $1", user_id, password_hash)


async def replace_password(old: Credentials, password_hash: str) -> bool:
    """False, with nothing changed, if the password was changed meanwhile."""
    sql = "UPDATE app_user SET password_hash = $3 WHERE id = $1 AND password_hash = $2"
    return bool(await db.execute(sql, old.id, old.password_hash, password_hash))


async def hold_password(known: Credentials) -> bool:
    """Locks the password until the transaction ends; False if it was changed meanwhile."""
    sql = "SELECT 1 FROM app_user WHERE id = $1 AND password_hash = $2 FOR SHARE"
    return bool(await db.fetch_value(sql, known.id, known.password_hash))
