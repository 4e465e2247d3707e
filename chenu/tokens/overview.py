"""An account's tokens as the API describes them: the wallet and the budget of the month."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chenu.accounts.actor import AccountId
from chenu.core import db
from chenu.core.rows import Columns
from chenu.ledger.amounts import Tokens
from chenu.tokens.grants import COLUMNS, GrantId, GrantRow
from chenu.tokens.meter import count_used_this_month, read_meter
from chenu.tokens.tables import TokenEntry
from chenu.tokens.wallet import EntryId, EntryRow, get_wallet

COUNT_UP_TO = 1_000


@dataclass(frozen=True, slots=True)
class WalletOverview:
    """`available` None: unlimited; below zero: a debt. `monthly_budget` None: there is none.

    `monthly_used` is of that budget, and of the calendar month where there is none.
    """

    account_id: AccountId
    available: Tokens | None
    held: Tokens
    monthly_budget: Tokens | None
    monthly_used: Tokens
    resets_at: datetime | None

    @property
    def is_unlimited(self) -> bool:
        return self.available is None


async def load_wallet(account_id: AccountId) -> WalletOverview:
    """What has expired meanwhile is booked first."""
    wallet = await get_wallet(account_id)
    meter = await read_meter(account_id)
    has_budget = meter.budget > 0 and not wallet.is_unlimited
    return WalletOverview(
        account_id=account_id,
        available=wallet.available,
        held=wallet.held,
        monthly_budget=meter.budget if has_budget else None,
        monthly_used=meter.used if has_budget else await count_used_this_month(account_id),
        resets_at=meter.resets_at if has_budget else None,
    )


_ENTRIES = Columns(EntryRow, TokenEntry, grant_id="token_grant")


async def list_entries_by_id(entry_ids: Sequence[EntryId]) -> list[EntryRow]:
    """In no particular order; callers check whose they are."""
    sql = f"SELECT {_ENTRIES.select()} FROM token_entry WHERE id = ANY($1)"  # noqa: S608 - own columns
    return await db.fetch_all(EntryRow, sql, list(entry_ids))


async def list_grants_by_id(grant_ids: Sequence[GrantId]) -> list[GrantRow]:
    """The same for grants."""
    sql = f"SELECT {COLUMNS.select()} FROM token_grant WHERE id = ANY($1)"  # noqa: S608 - own columns
    return await db.fetch_all(GrantRow, sql, list(grant_ids))


async def count_entries(account_id: AccountId) -> int:
    """Exact up to 1,000; 1,001 means more."""
    sql = """
        SELECT count(*) FROM (SELECT 1 FROM token_entry WHERE account_id = $1 LIMIT $2) counted
    """
    return int(await db.fetch_value(sql, account_id, COUNT_UP_TO + 1))
