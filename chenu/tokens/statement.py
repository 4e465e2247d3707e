"""An account's tokens in one calendar month (UTC): what used them, and every entry.

The sums and the entries are of the same rows, so that they add up: what was there at the month's
beginning, and all entries of the wallet, make what was there at its end. Of a month whose spends
are in a file there is none: docs/decisions/0106.
"""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import date, datetime
from uuid import UUID

import msgspec

from chenu.accounts.actor import AccountId
from chenu.core import db
from chenu.core.archived_months import find_archived, list_archived
from chenu.core.clock import business_now
from chenu.core.errors import InvalidState
from chenu.core.i18n import mark
from chenu.core.months import Month, month_of
from chenu.core.paged_rows import fetch_page
from chenu.core.paging import Page, PageRequest, by_time
from chenu.ledger.amounts import Tokens
from chenu.ledger.archives import STAYS
from chenu.tokens.grants import GrantKind
from chenu.tokens.wallet import EntryKind, TokenPool

_OF_WALLET = (TokenPool.WALLET, TokenPool.DEBT)
_TABLE = "token_entry"


class _Group(msgspec.Struct, frozen=True):
    day: date
    kind: EntryKind
    pool: TokenPool
    agent_id: UUID | None
    amount: int
    entries: int


class Use(msgspec.Struct, frozen=True):
    """Of one agent (None: of none) or on one day. `free`: of its used ones, those of free tries."""

    agent_id: UUID | None
    day: date | None
    used: Tokens
    free: Tokens
    entries: int


class Statement(msgspec.Struct, frozen=True):
    """`opening` and `closing` are what could be spent, less debts; `reserved` is what runs hold
    more, or below zero less, at the end than at the beginning.

    `by_agent`: the most used first; `by_day`: the latest first. Both add up to `used`, which counts
    what free tries and an unlimited plan paid as well.
    """

    month: Month
    opening: Tokens
    received: Tokens
    spent: Tokens
    reserved: Tokens
    expired: Tokens
    revoked: Tokens
    corrected: Tokens
    closing: Tokens
    used: Tokens
    used_entries: int
    used_free: Tokens
    used_unlimited: Tokens
    by_agent: tuple[Use, ...]
    by_day: tuple[Use, ...]


_GROUPS = """
    SELECT (created_at AT TIME ZONE 'UTC')::date AS day, kind, pool, agent_id,
        sum(amount)::bigint AS amount, count(*) AS entries
    FROM token_entry WHERE account_id = $1 AND created_at >= $2 AND created_at < $3
    GROUP BY 1, 2, 3, 4
"""
_OPENING = """
    WITH latest AS MATERIALIZED (
        SELECT id, balance_after FROM token_entry
        WHERE account_id = $1 AND pool <> 'PROMOTION' AND created_at < $2
            AND created_at >= (SELECT created_at FROM token_entry
                WHERE account_id = $1 AND pool <> 'PROMOTION' AND created_at < $2
                ORDER BY created_at DESC LIMIT 1) - INTERVAL '1 minute')
    SELECT balance_after FROM latest ORDER BY id DESC LIMIT 1
"""
"""Concurrent spends may be booked in another order than they were asked for, by moments."""


class ArchivedStatement(InvalidState):
    """What was used in the month is in a file alone."""


async def list_archived_months() -> set[Month]:
    """Of which there are no statements."""
    return {Month(each.month.year, each.month.month) for each in await list_archived(_TABLE)}


async def require_statement(month: Month) -> None:
    """Raises ArchivedStatement. Nothing is asked about a month that is too young for a file."""
    if month.end > business_now() - STAYS or await find_archived(_TABLE, month) is None:
        return
    message = mark("What was used in {month} has been archived: contact us for its statement")
    raise ArchivedStatement(message, month=str(month))


@asynccontextmanager
async def _whole(month: Month) -> AsyncIterator[None]:
    """All of the month is here while it is read: it may leave or come back meanwhile."""
    await require_statement(month)
    yield
    await require_statement(month)


async def get_statement(account_id: AccountId, month: Month) -> Statement:
    """Raises ArchivedStatement."""
    async with _whole(month):
        groups = await db.fetch_all(_Group, _GROUPS, account_id, month.start, month.end)
        opening = await db.fetch_value(_OPENING, account_id, month.start) or 0
    return draw_up(month, Tokens(opening), groups)


def draw_up(month: Month, opening: Tokens, groups: list[_Group]) -> Statement:
    of_wallet = [group for group in groups if group.pool in _OF_WALLET]
    spends = [group for group in groups if group.kind is EntryKind.SPEND]
    return Statement(
        month=month,
        opening=opening,
        received=_sum(of_wallet, EntryKind.GRANT),
        spent=Tokens(-_sum(of_wallet, EntryKind.SPEND)),
        reserved=Tokens(-_sum(of_wallet, EntryKind.HOLD, EntryKind.RELEASE)),
        expired=Tokens(-_sum(of_wallet, EntryKind.EXPIRE)),
        revoked=Tokens(-_sum(of_wallet, EntryKind.REVOKE)),
        corrected=_sum(of_wallet, EntryKind.ADJUST),
        closing=Tokens(opening + sum(group.amount for group in of_wallet)),
        used=_used(spends),
        used_entries=sum(group.entries for group in spends),
        used_free=_used(spends, TokenPool.PROMOTION),
        used_unlimited=_used(spends, TokenPool.UNLIMITED),
        by_agent=_by_agent(spends),
        by_day=_by_day(spends),
    )


def _sum(groups: Iterable[_Group], *kinds: EntryKind) -> Tokens:
    return Tokens(sum(group.amount for group in groups if group.kind in kinds))


def _used(spends: Iterable[_Group], *pools: TokenPool) -> Tokens:
    """Of these pools, or of all."""
    found = (group for group in spends if not pools or group.pool in pools)
    return Tokens(-sum(group.amount for group in found))


def _by_agent(spends: list[_Group]) -> tuple[Use, ...]:
    agents = dict.fromkeys(group.agent_id for group in spends)
    uses = [_add(spends, agent_id=agent_id) for agent_id in agents]
    return tuple(sorted(uses, key=lambda use: (-use.used, str(use.agent_id))))


def _add(spends: list[_Group], agent_id: UUID | None) -> Use:
    groups = [group for group in spends if group.agent_id == agent_id]
    return _use(groups, agent_id, None)


def _by_day(spends: list[_Group]) -> tuple[Use, ...]:
    days = sorted({group.day for group in spends}, reverse=True)
    return tuple(_use([each for each in spends if each.day == day], None, day) for day in days)


def _use(groups: list[_Group], agent_id: UUID | None, day: date | None) -> Use:
    entries = sum(group.entries for group in groups)
    return Use(agent_id, day, _used(groups), _used(groups, TokenPool.PROMOTION), entries)


class StatementEntry(msgspec.Struct, frozen=True):
    """`grant_kind` None: an unlimited plan paid it. `balance_after`: see token_entry."""

    id: UUID
    created_at: datetime
    kind: EntryKind
    pool: TokenPool
    amount: int
    balance_after: int
    reason: str
    agent_id: UUID | None
    execution_id: UUID | None
    grant_id: UUID | None
    grant_kind: GrantKind | None
    grant_created_at: datetime | None
    grant_expires_at: datetime | None

    @property
    def is_of_wallet(self) -> bool:
        return self.pool in _OF_WALLET


_ENTRIES = """
    SELECT e.id, e.created_at, e.kind, e.pool, e.amount, e.balance_after, e.reason, e.agent_id,
        e.execution_id, e.token_grant AS grant_id, g.kind AS grant_kind,
        g.created_at AS grant_created_at, g.expires_at AS grant_expires_at
    FROM token_entry e
    LEFT JOIN token_grant g ON g.id = e.token_grant AND g.account = e.account_id
"""


async def list_statement(
    account_id: AccountId, month: Month, page: PageRequest
) -> Page[StatementEntry]:
    """The newest first. Raises ArchivedStatement."""
    of_month = "e.account_id = $1 AND e.created_at >= $2 AND e.created_at < $3"
    values = (account_id, month.start, month.end)
    order = by_time("e.created_at", "e.id")
    async with _whole(month):
        return await fetch_page(StatementEntry, _ENTRIES, of_month, *values, page=page, order=order)


async def list_recent(account_id: AccountId, *, limit: int) -> list[StatementEntry]:
    """What came, went or was used lately; not what was only reserved for a while."""
    sql = f"""
        {_ENTRIES} WHERE e.account_id = $1 AND e.kind NOT IN ('HOLD', 'RELEASE')
        ORDER BY e.id DESC LIMIT {limit}
    """
    return await db.fetch_all(StatementEntry, sql, account_id)


async def find_first_month(account_id: AccountId) -> Month | None:
    """Of the account's first entry; None before it has one."""
    sql = "SELECT created_at FROM token_entry WHERE account_id = $1 ORDER BY id LIMIT 1"
    moment = await db.fetch_value(sql, account_id)
    return None if moment is None else month_of(moment)
