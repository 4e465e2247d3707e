"""Batched reads of accounts and memberships."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from chenu.accounts import tables
from chenu.accounts.actor import AccountId, AccountRole, UserId
from chenu.accounts.validation import normalise_email
from chenu.core import db
from chenu.core.rows import Columns


class Account(msgspec.Struct, frozen=True):
    id: AccountId
    name: str
    kind: str
    owner_id: UserId
    tier: str
    stripe_customer_id: str | None
    created_at: datetime


class Membership(msgspec.Struct, frozen=True):
    account_id: AccountId
    user_id: UserId
    role_code: str

    @property
    def role(self) -> AccountRole:
        return AccountRole(self.role_code)


_COLUMNS = Columns(Account, tables.Account, owner_id="owner").select()
_ACCOUNT = f"SELECT {_COLUMNS} FROM account"  # noqa: S608 - own columns
_LAST_CHARACTER = "\U0010ffff"


async def list_accounts(account_ids: Sequence[AccountId]) -> list[Account]:
    """In no particular order."""
    return await db.fetch_all(Account, f"{_ACCOUNT} WHERE id = ANY($1)", list(account_ids))


async def find_account(account_id: AccountId) -> Account | None:
    return await db.find_one(Account, f"{_ACCOUNT} WHERE id = $1", account_id)


async def get_personal_account(user_id: UserId) -> AccountId:
    """Everybody has one from the day of their sign-up."""
    sql = "SELECT id FROM account WHERE owner = $1 AND kind = 'PERSONAL'"
    return AccountId(await db.fetch_value(sql, user_id))


async def list_memberships(user_ids: Sequence[UserId]) -> list[Membership]:
    """The personal account first, then by age."""
    sql = """
        SELECT m.account AS account_id, m.member AS user_id, m.role AS role_code
        FROM membership m JOIN account a ON a.id = m.account
        WHERE m.member = ANY($1) ORDER BY a.kind DESC, a.id
    """
    return await db.fetch_all(Membership, sql, list(user_ids))


async def list_accounts_of_member(email: str) -> list[Account]:
    """The accounts of the person with this address, their own first; empty for an unknown one."""
    columns = Columns(Account, tables.Account, owner_id="owner").select("a")
    sql = f"""
        SELECT {columns} FROM app_user u
        JOIN membership m ON m.member = u.id JOIN account a ON a.id = m.account
        WHERE u.email = $1 ORDER BY a.kind DESC, a.id
    """  # noqa: S608 - own columns
    return await db.fetch_all(Account, sql, normalise_email(email))


async def list_personal_accounts(user_ids: Sequence[UserId]) -> list[Account]:
    """In no particular order."""
    sql = f"{_ACCOUNT} WHERE owner = ANY($1) AND kind = 'PERSONAL'"
    return await db.fetch_all(Account, sql, list(user_ids))


async def list_accounts_by_address(beginning: str, *, limit: int) -> list[Account]:
    """Personal accounts of people whose address of mail begins like this, ordered by it."""
    columns = Columns(Account, tables.Account, owner_id="owner").select("a")
    sql = f"""
        SELECT {columns} FROM app_user u JOIN account a ON a.owner = u.id AND a.kind = 'PERSONAL'
        WHERE u.email ~>=~ $1 AND u.email ~<~ $2 ORDER BY u.email USING ~<~ LIMIT {limit}
    """  # noqa: S608 - own columns
    begins = beginning.lower()
    return await db.fetch_all(Account, sql, begins, f"{begins}{_LAST_CHARACTER}")


class OwnAccount(msgspec.Struct, frozen=True):
    """An account as one of its members sees it."""

    id: AccountId
    name: str
    kind: str
    role: str


async def list_own_accounts(user_id: UserId) -> list[OwnAccount]:
    """All that the person is a member of, the personal one first."""
    sql = """
        SELECT a.id, a.name, a.kind, m.role FROM membership m JOIN account a ON a.id = m.account
        WHERE m.member = $1 ORDER BY a.kind DESC, a.id
    """
    return await db.fetch_all(OwnAccount, sql, user_id)


async def is_member(account_id: AccountId, user_id: UserId) -> bool:
    sql = "SELECT 1 FROM membership WHERE account = $1 AND member = $2"
    return await db.fetch_value(sql, account_id, user_id) is not None


async def has_left(user_id: UserId) -> bool:
    """Whether the person's data was deleted."""
    sql = "SELECT EXISTS (SELECT 1 FROM app_user WHERE id = $1 AND deleted_at IS NOT NULL)"
    return bool(await db.fetch_value(sql, user_id))
