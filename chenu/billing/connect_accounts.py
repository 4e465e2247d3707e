"""Our mirror of people's Connect accounts."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from chenu.accounts.actor import UserId
from chenu.billing import tables
from chenu.billing.fingerprints import hash_fingerprint
from chenu.billing.gateway import ConnectState
from chenu.core import db
from chenu.core.fetched import Fetched
from chenu.core.ids import new_id
from chenu.core.rows import Columns

ACTIVE = "active"


class ConnectAccount(msgspec.Struct, frozen=True):
    """`transfers_status` is Stripe's value, or NOT_STARTED before the account exists."""

    id: UUID
    owner_id: UserId
    stripe_account_id: str | None
    country: str
    transfers_status: str
    is_closed: bool
    requirements_json: str

    @property
    def can_be_paid(self) -> bool:
        return self.transfers_status == ACTIVE and not self.is_closed

    @property
    def requirements(self) -> list[str]:
        """What Stripe still requires, in its own names."""
        return msgspec.json.decode(self.requirements_json, type=list[str])


_ACCOUNTS = Columns(
    ConnectAccount,
    tables.ConnectAccount,
    owner_id="owner",
    requirements_json="{0}requirements::text",
)
_SELECT = f"SELECT {_ACCOUNTS.select()} FROM connect_account"  # noqa: S608 - own columns


async def find_of_user(user_id: UserId) -> ConnectAccount | None:
    return await db.find_one(ConnectAccount, f"{_SELECT} WHERE owner = $1", user_id)


async def list_of_users(user_ids: Sequence[UserId]) -> list[ConnectAccount]:
    """In no particular order."""
    return await db.fetch_all(ConnectAccount, f"{_SELECT} WHERE owner = ANY($1)", list(user_ids))


async def find_by_stripe_id(stripe_account_id: str) -> ConnectAccount | None:
    sql = f"{_SELECT} WHERE stripe_account_id = $1"
    return await db.find_one(ConnectAccount, sql, stripe_account_id)


async def list_waiting(*, limit: int = 1000) -> list[str]:
    """Stripe ids of open accounts that cannot be paid yet: their requirements may have been met."""
    sql = """
        SELECT stripe_account_id FROM connect_account
        WHERE stripe_account_id IS NOT NULL AND NOT is_closed AND transfers_status <> 'active'
        ORDER BY id LIMIT $1
    """
    async with db.connection() as connection:
        return [record["stripe_account_id"] for record in await connection.fetch(sql, limit)]


async def start(user_id: UserId, country: str) -> ConnectAccount:
    """The person's row, created if missing.

    The country cannot change while Stripe has the account.
    """
    sql = """
        INSERT INTO connect_account (id, owner, country, transfers_status, requirements, is_closed)
        VALUES ($1, $2, $3, 'NOT_STARTED', '[]', false)
        ON CONFLICT (owner) DO UPDATE SET country = CASE
            WHEN connect_account.stripe_account_id IS NULL OR connect_account.is_closed
            THEN excluded.country
            ELSE connect_account.country END
    """
    await db.execute(sql, new_id(), user_id, country)
    found = await find_of_user(user_id)
    if found is None:
        raise RuntimeError("a connect account vanished")
    return found


async def record_stripe_id(user_id: UserId, stripe_account_id: str) -> None:
    """Of the first account, or of the one that replaces a closed account."""
    sql = """
        UPDATE connect_account SET stripe_account_id = $2, transfers_status = 'restricted',
            requirements = '[]', is_closed = false, fetch_number = 0
        WHERE owner = $1 AND (stripe_account_id IS NULL OR is_closed)
    """
    await db.execute(sql, user_id, stripe_account_id)


async def store_state(fetched: Fetched[ConnectState]) -> UserId | None:
    """Stores Stripe's state unless a newer one is stored; returns the person whose account it is.

    None if nothing was stored: the answer is stale, or the account is not ours.
    """
    sql = """
        UPDATE connect_account SET transfers_status = $2, requirements = $3, is_closed = $4,
            fetch_number = $5
        WHERE stripe_account_id = $1 AND fetch_number < $5 RETURNING owner
    """
    state = fetched.value
    encoded = msgspec.json.encode(state.requirements).decode()
    owner = await db.fetch_value(
        sql, state.id, state.transfers_status, encoded, state.is_closed, fetched.number
    )
    return None if owner is None else UserId(owner)


async def store_banks(owner: UserId, fingerprints: Sequence[str]) -> bool:
    """Where the person's account pays out to, by hashes; whether that changed anything.

    In the caller's transaction, which meets no other one about the same bank account.
    """
    hashes = sorted(map(hash_fingerprint, fingerprints))
    for each in hashes:
        await db.lock_until_commit(f"bank:{each.hex()}")
    sql = "UPDATE connect_account SET bank_hashes = $2 WHERE owner = $1 AND bank_hashes <> $2"
    return bool(await db.execute(sql, owner, hashes))


async def list_sharing_bank(owner: UserId) -> list[UserId]:
    """Other people who are paid to a bank account of this one."""
    sql = """
        SELECT other.owner FROM connect_account own
        JOIN connect_account other ON other.bank_hashes && own.bank_hashes
        WHERE own.owner = $1 AND other.owner <> $1
    """
    return [UserId(row["owner"]) for row in await db.fetch_records(sql, owner)]
