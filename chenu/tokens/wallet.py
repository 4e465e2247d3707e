"""An account's tokens as they are read: balance, grants and entries."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

import msgspec

from chenu.accounts.actor import AccountId
from chenu.accounts.entitlements import AccountEntitlements
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.errors import NotFound
from chenu.core.i18n import mark
from chenu.core.paged_rows import fetch_page
from chenu.core.paging import Page, PageRequest
from chenu.core.rows import Columns
from chenu.ledger.amounts import Tokens
from chenu.tiers.catalogue import Feature
from chenu.tokens.budgets import settle_due_of
from chenu.tokens.entitlements import list_entitlements
from chenu.tokens.grants import COLUMNS, GrantId, GrantRow, expire_grants_of
from chenu.tokens.tables import TokenEntry

EntryId = NewType("EntryId", UUID)

REASONS = (mark("Expired"), mark("A debt of tokens was repaid"))
"""What migrations/sql/tokens.sql writes as the reason of entries, translated where it is shown."""


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


class EntryRow(msgspec.Struct, frozen=True):
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


class Wallet(msgspec.Struct, frozen=True):
    """`available` None: unlimited; below zero: a debt. `promotional` is for single agents only.

    `monthly_budget` is this month's, None for no limit; `resets_at` is when the next one is
    granted.
    """

    account_id: AccountId
    available: Tokens | None
    held: Tokens
    promotional: Tokens
    monthly_budget: Tokens | None
    resets_at: datetime | None

    @property
    def is_unlimited(self) -> bool:
        return self.available is None


class _Balances(msgspec.Struct, frozen=True):
    account_id: AccountId
    available: Tokens
    promotional: Tokens
    held: Tokens
    has_due: bool


async def get_wallet(account_id: AccountId) -> Wallet:
    """What is due of the budget and what has expired are booked first. Raises NotFound."""
    found = await list_wallets([account_id])
    if not found:
        raise NotFound("There is no such account")
    return found[0]


async def list_wallets(account_ids: Sequence[AccountId]) -> list[Wallet]:
    """In no particular order; none for an account that there is not."""
    await settle_due_of(account_ids)
    balances = await _read_balances(account_ids)
    due = [row.account_id for row in balances.values() if row.has_due]
    if due:
        await expire_grants_of(due)
        balances |= await _read_balances(due)
    rights = await list_entitlements(account_ids)
    return [_describe(balances[each.account_id], each) for each in rights]


def _describe(row: _Balances, rights: AccountEntitlements) -> Wallet:
    right = rights.of(Feature.TOKENS)
    return Wallet(
        row.account_id,
        None if right.is_unlimited else row.available,
        row.held,
        row.promotional,
        None if right.limit is None else Tokens(right.limit),
        right.resets_at,
    )


async def _read_balances(account_ids: Sequence[AccountId]) -> dict[AccountId, _Balances]:
    sql = """
        SELECT owner.id AS account_id, w.available, w.promotional, w.held, w.has_due
        FROM unnest($1::uuid[]) AS owner (id) CROSS JOIN LATERAL read_token_wallet(owner.id, $2) w
    """
    rows = await db.fetch_all(_Balances, sql, list(account_ids), business_now())
    return {row.account_id: row for row in rows}


class MonthlyUse(msgspec.Struct, frozen=True):
    account_id: AccountId
    used: Tokens


async def list_monthly_use(account_ids: Sequence[AccountId]) -> list[MonthlyUse]:
    """What was used of the budget of this month; without a limit, of all tokens."""
    rights = await list_entitlements(account_ids)
    used = ((each.account_id, each.of(Feature.TOKENS).used) for each in rights)
    return [MonthlyUse(account_id, Tokens(count or 0)) for account_id, count in used]


async def list_grants(account_id: AccountId) -> list[GrantRow]:
    """Those of which something is left, held or owed, in burn order."""
    return await list_grants_of([account_id])


async def list_grants_of(account_ids: Sequence[AccountId]) -> list[GrantRow]:
    """The same of several accounts."""
    sql = f"""
        SELECT {COLUMNS.select()} FROM token_grant WHERE account = ANY($1) AND is_open
        ORDER BY agent IS NULL, expires_at NULLS LAST, is_paid, created_at, id
    """  # noqa: S608 - own columns
    return await db.fetch_all(GrantRow, sql, list(account_ids))


_ENTRIES = Columns(EntryRow, TokenEntry, grant_id="token_grant")


async def list_entries(account_id: AccountId, page: PageRequest) -> Page[EntryRow]:
    """Newest first."""
    select = f"SELECT {_ENTRIES.select()} FROM token_entry"  # noqa: S608 - own columns
    return await fetch_page(EntryRow, select, "account_id = $1", account_id, page=page)


async def count_entries(account_id: AccountId) -> int:
    """At most 1,001: more are not counted."""
    sql = """
        SELECT count(*) FROM (
            SELECT 1 FROM token_entry WHERE account_id = $1 LIMIT 1001) counted
    """
    return int(await db.fetch_value(sql, account_id))


async def list_entries_by_id(account_id: AccountId, entry_ids: Sequence[EntryId]) -> list[EntryRow]:
    """Those that are the account's, in no particular order."""
    sql = f"""
        SELECT {_ENTRIES.select()} FROM token_entry WHERE account_id = $1 AND id = ANY($2)
    """  # noqa: S608 - own columns
    return await db.fetch_all(EntryRow, sql, account_id, list(entry_ids))
