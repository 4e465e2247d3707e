"""An account's tokens as they are read: balance, grants and entries."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NewType
from uuid import UUID

from chenu.accounts.actor import AccountId
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.paging import Page, PageRequest, by_id, cut
from chenu.core.rows import Columns
from chenu.ledger.amounts import Tokens
from chenu.tokens.grants import COLUMNS, GrantId, GrantRow, expire_grants
from chenu.tokens.holds import has_unlimited_tokens
from chenu.tokens.tables import TokenEntry

EntryId = NewType("EntryId", UUID)


class EntryKind(StrEnum):
    """What an entry says. ADJUST moves tokens of one grant to the debt of another."""

    GRANT = "GRANT"
    HOLD = "HOLD"
    SPEND = "SPEND"
    RELEASE = "RELEASE"
    EXPIRE = "EXPIRE"
    REVOKE = "REVOKE"
    ADJUST = "ADJUST"


class TokenPool(StrEnum):
    """The balance that an entry changes; the use of UNLIMITED is recorded and paid by no grant."""

    WALLET = "WALLET"
    PROMOTION = "PROMOTION"
    DEBT = "DEBT"
    UNLIMITED = "UNLIMITED"


@dataclass(frozen=True, slots=True)
class EntryRow:
    """`amount` is what it does to the balance; `balance_after` as docs/money.md says."""

    id: EntryId
    account_id: AccountId
    grant_id: GrantId | None
    kind: EntryKind
    pool: TokenPool
    amount: Tokens
    balance_after: Tokens
    reason: str
    execution_id: UUID | None
    agent_id: UUID | None
    api_key_id: UUID | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Wallet:
    """`available` None: unlimited; below zero: a debt. `promotional` is for single agents only."""

    account_id: AccountId
    available: Tokens | None
    held: Tokens
    promotional: Tokens

    @property
    def is_unlimited(self) -> bool:
        return self.available is None


@dataclass(frozen=True, slots=True)
class _WalletRow:
    available: Tokens
    promotional: Tokens
    held: Tokens
    has_due: bool


async def get_wallet(account_id: AccountId) -> Wallet:
    """What has expired meanwhile is booked first."""
    row = await _read_wallet(account_id)
    if row.has_due:
        await expire_grants(account_id)
        row = await _read_wallet(account_id)
    is_unlimited = await has_unlimited_tokens(account_id)
    available = None if is_unlimited else row.available
    return Wallet(account_id, available, row.held, row.promotional)


async def _read_wallet(account_id: AccountId) -> _WalletRow:
    sql = "SELECT available, promotional, held, has_due FROM read_token_wallet($1, $2)"
    [row] = await db.fetch_all(_WalletRow, sql, account_id, business_now())
    return row


async def list_grants(account_id: AccountId) -> list[GrantRow]:
    """Those of which something is left, held or owed, in burn order."""
    sql = f"""
        SELECT {COLUMNS.select()} FROM token_grant WHERE account = $1 AND is_open
        ORDER BY agent IS NULL, expires_at NULLS LAST, is_paid, created_at, id
    """  # noqa: S608 - own columns
    return await db.fetch_all(GrantRow, sql, account_id)


_ENTRIES = Columns(EntryRow, TokenEntry, grant_id="token_grant")


async def list_entries(account_id: AccountId, page: PageRequest) -> Page[EntryRow]:
    """Newest first."""
    args: list[Any] = [account_id]
    order = by_id("id")
    where = order.where(page, args)
    sql = f"""
        SELECT {_ENTRIES.select()} FROM token_entry WHERE account_id = $1 AND {where}
        ORDER BY {order.order(page)} LIMIT {page.size + 1}
    """  # noqa: S608 - own columns
    return cut(await db.fetch_all(EntryRow, sql, *args), page)
