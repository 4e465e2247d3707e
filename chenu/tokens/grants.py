"""Grants of tokens: made once per event, taken back, ended. docs/decisions/0033.

Each change is one SQL function (migrations/sql/tokens.sql) in the caller's transaction.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

import msgspec

from chenu.accounts.actor import AccountId
from chenu.core import db
from chenu.core.clock import business_now, system_now
from chenu.core.errors import NotFound
from chenu.core.ids import new_id
from chenu.core.pubsub import record_wallet_change
from chenu.core.rows import Columns
from chenu.ledger.amounts import Tokens
from chenu.tokens.tables import TokenGrant

GrantId = NewType("GrantId", UUID)


class GrantKind(StrEnum):
    """Why an account got tokens. A pack's base and bonus are two grants."""

    MONTHLY = "MONTHLY"
    TRIAL = "TRIAL"
    PACK = "PACK"
    PACK_BONUS = "PACK_BONUS"
    PROMOTION = "PROMOTION"
    ADJUSTMENT = "ADJUSTMENT"

    @property
    def is_paid(self) -> bool:
        """Bought as such: free tokens are spent first."""
        return self is GrantKind.PACK


class NewGrant(msgspec.Struct, frozen=True):
    """`business_key` names the event that gives it: it is granted once.

    `agent_id` for a PROMOTION that only this agent's runs may use; `source_id` is what it came
    from, such as a purchase.
    """

    account_id: AccountId
    kind: GrantKind
    amount: Tokens
    business_key: str
    reason: str
    expires_at: datetime | None = None
    agent_id: UUID | None = None
    source_id: UUID | None = None

    def __post_init__(self) -> None:
        if self.amount <= 0:
            raise ValueError("a grant is of one token or more")
        if self.agent_id is not None and self.kind is not GrantKind.PROMOTION:
            raise ValueError("only a promotion is for one agent alone")


class GrantRow(msgspec.Struct, frozen=True):
    """`remaining` can be spent; `held` is reserved for runs; `debt` was spent, then revoked."""

    id: GrantId
    account_id: AccountId
    kind: GrantKind
    agent_id: UUID | None
    granted: Tokens
    remaining: Tokens
    held: Tokens
    debt: Tokens
    spent: Tokens
    expires_at: datetime | None
    source_id: UUID | None
    business_key: str
    reason: str
    created_at: datetime


COLUMNS = Columns(GrantRow, TokenGrant, account_id="account", agent_id="agent")
_GRANT = f"SELECT {COLUMNS.select()} FROM token_grant"  # noqa: S608 - own columns


async def grant_tokens(new: NewGrant) -> GrantRow:
    """In the caller's transaction, once per business key; fills a debt first."""
    sql = "SELECT grant_tokens($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
    grant_id = await db.fetch_value(
        sql,
        new_id(),
        new.account_id,
        new.kind,
        new.agent_id,
        new.kind.is_paid,
        new.amount,
        new.expires_at,
        new.source_id,
        new.business_key,
        new.reason,
        business_now(),
        system_now(),
    )
    record_wallet_change(new.account_id)
    [granted] = await list_grants_by_id(new.account_id, [GrantId(grant_id)])
    return granted


class Revoked(msgspec.Struct, frozen=True):
    """`taken` was unspent; `owed` became a debt."""

    taken: Tokens
    owed: Tokens


async def revoke_tokens(
    grant_id: GrantId, amount: Tokens, *, business_key: str, reason: str, debt: bool
) -> Revoked:
    """Takes back up to `amount` of what is unspent of a grant, once per business key.

    With `debt` so much of the rest as was spent, is held, or repaid another debt, becomes a debt:
    what else is in the wallet fills it at once, and then the next grants.
    """
    sql = "SELECT taken, owed FROM revoke_tokens($1, $2, $3, $4, $5, $6, $7)"
    now = business_now()
    args = (grant_id, amount, business_key, reason, debt, now, system_now())
    [revoked] = await db.fetch_all(Revoked, sql, *args)
    record_wallet_change((await get_grant(grant_id)).account_id)
    return revoked


async def end_grant(
    grant_id: GrantId, *, business_key: str, reason: str, keeps_held: bool = False
) -> Tokens:
    """Lets it expire now, once per business key; returns what was unspent of it.

    What is held of it may still be used, and expires when it comes back; with `keeps_held` it then
    lasts as long as the grant would have.
    """
    sql = "SELECT end_token_grant($1, $2, $3, $4, $5, $6)"
    args = (grant_id, business_key, reason, business_now(), system_now(), keeps_held)
    ended = Tokens(await db.fetch_value(sql, *args))
    record_wallet_change((await get_grant(grant_id)).account_id)
    return ended


async def expire_grants(account_id: AccountId) -> Tokens:
    """Books what has expired; returns how many tokens."""
    return await expire_grants_of([account_id])


async def expire_grants_of(account_ids: Sequence[AccountId]) -> Tokens:
    """The same of several accounts, in one transaction."""
    owners = list(account_ids)

    async def expire() -> Tokens:
        await db.execute("SELECT lock_token_wallets($1)", owners)
        sql = "SELECT expire_due_tokens($1, $2, $3)"
        expired = Tokens(await db.fetch_value(sql, owners, business_now(), system_now()))
        for owner in owners if expired else ():
            record_wallet_change(owner)
        return expired

    return await db.run_in_transaction(expire)


class _AccountId(msgspec.Struct, frozen=True):
    account: AccountId


async def list_accounts_with_due_grants(*, limit: int = 500) -> list[AccountId]:
    """Accounts with expired tokens that are not booked as such yet."""
    sql = """
        SELECT account FROM token_grant
        WHERE is_open AND remaining > 0 AND expires_at <= $1
        GROUP BY account ORDER BY min(expires_at) LIMIT $2
    """
    rows = await db.fetch_all(_AccountId, sql, business_now(), limit)
    return [row.account for row in rows]


async def list_grants_by_id(account_id: AccountId, grant_ids: Sequence[GrantId]) -> list[GrantRow]:
    """Those that are the account's, in no particular order."""
    sql = f"{_GRANT} WHERE account = $1 AND id = ANY($2)"
    return await db.fetch_all(GrantRow, sql, account_id, list(grant_ids))


async def get_grant(grant_id: GrantId) -> GrantRow:
    found = await db.find_one(GrantRow, f"{_GRANT} WHERE id = $1", grant_id)
    if found is None:
        raise NotFound("There is no such grant of tokens")
    return found


async def list_grants_of_source(source_id: UUID) -> list[GrantRow]:
    """What came from one purchase, or whatever else is the source; oldest first."""
    return await list_grants_of_sources([source_id])


async def list_grants_of_sources(source_ids: Sequence[UUID]) -> list[GrantRow]:
    """The same of several sources."""
    sql = f"{_GRANT} WHERE source_id = ANY($1) ORDER BY created_at, id"
    return await db.fetch_all(GrantRow, sql, list(source_ids))
