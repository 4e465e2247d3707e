"""The rows of budgets that were granted."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NewType
from uuid import UUID

import msgspec

from chenu.accounts.actor import AccountId
from chenu.accounts.budget_dates import lock_budget_dates
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.ids import first_id_at, new_id
from chenu.core.rows import Columns, insert
from chenu.ledger.amounts import Tokens
from chenu.tokens.budget_calendar import BudgetMonth
from chenu.tokens.budget_rules import BudgetPeriod, BudgetSource
from chenu.tokens.budget_tables import TokenBudgetPeriod

NONE = Tokens(0)
WHOLE_SHARE = 10_000
BudgetPeriodId = NewType("BudgetPeriodId", UUID)

_PERIODS = Columns(BudgetPeriod, TokenBudgetPeriod)


async def list_periods(account_id: AccountId, since: datetime) -> list[BudgetPeriod]:
    """Those that run, and those that ran or began since then."""
    sql = f"""
        SELECT {_PERIODS.select()} FROM token_budget_period
        WHERE account = $1 AND (ended_at IS NULL OR ends_at > $2 OR starts_at >= $2)
    """  # noqa: S608 - own columns
    return await db.fetch_all(BudgetPeriod, sql, account_id, since)


async def insert_period(
    account_id: AccountId,
    source: BudgetSource,
    month: BudgetMonth,
    monthly: Tokens,
    withheld: Tokens = NONE,
) -> UUID:
    """Raises the driver's error where this month has its budget already."""
    period_id = new_id()
    values = {
        "id": period_id,
        "account": account_id,
        "source": source,
        "starts_at": month.start,
        "ends_at": month.end,
        "monthly": monthly,
        "withheld": withheld,
        "created_at": business_now(),
    }
    await insert(TokenBudgetPeriod, values)
    return period_id


async def count_change(period_id: UUID, *, granted: Tokens = NONE, carried: Tokens = NONE) -> int:
    """Counts what is granted; the number of the grant, which names it for ever."""
    sql = """
        UPDATE token_budget_period SET granted = granted + $2, carried = carried + $3,
            changes = changes + 1
        WHERE id = $1 RETURNING changes
    """
    return int(await db.fetch_value(sql, period_id, granted, carried))


async def raise_monthly(period_id: UUID, monthly: Tokens) -> None:
    sql = "UPDATE token_budget_period SET monthly = greatest(monthly, $2) WHERE id = $1"
    await db.execute(sql, period_id, monthly)


async def lock_plan_budgets(account_id: AccountId) -> list[BudgetPeriod]:
    """Those of plans whose month is not over, whether they run or have ended with their plan; and
    those for which one that runs began with less.

    Locks the account's budget first, as whoever settles it does.
    """
    await lock_budget_dates(account_id)
    sql = f"""
        SELECT {_PERIODS.select()} FROM token_budget_period
        WHERE account = $1 AND source = 'PLAN' AND ends_at > coalesce((
            SELECT min(r.starts_at) FROM token_budget_period r
            WHERE r.account = $1 AND r.ended_at IS NULL AND r.withheld > 0), $2)
    """  # noqa: S608 - own columns
    return await db.fetch_all(BudgetPeriod, sql, account_id, business_now())


async def set_unpaid_share(period_id: UUID, share: int) -> None:
    """A plan that begins anew within its month has by so much less of what was used of it."""
    await db.execute(
        "UPDATE token_budget_period SET unpaid_share = $2 WHERE id = $1", period_id, share
    )


async def lower_withheld(period_id: UUID, withheld: Tokens) -> None:
    await db.execute(
        "UPDATE token_budget_period SET withheld = $2 WHERE id = $1", period_id, withheld
    )


async def end_period(period_id: UUID, unspent: Tokens) -> None:
    """Once; `unspent` is what comes back should the plan do so."""
    sql = """
        UPDATE token_budget_period SET ended_at = $2, unspent = $3
        WHERE id = $1 AND ended_at IS NULL
    """
    await db.execute(sql, period_id, business_now(), unspent)


async def resume_period(period_id: UUID) -> Tokens:
    """It runs again; what was unspent, which the caller grants."""
    sql = """
        UPDATE token_budget_period p SET ended_at = NULL, unspent = 0,
            resumed = p.resumed + o.unspent
        FROM (SELECT id, unspent FROM token_budget_period WHERE id = $1) o
        WHERE p.id = o.id RETURNING o.unspent
    """
    return Tokens(await db.fetch_value(sql, period_id))


async def find_next_end(account_id: AccountId) -> datetime | None:
    sql = "SELECT min(ends_at) FROM token_budget_period WHERE account = $1 AND ended_at IS NULL"
    found: datetime | None = await db.fetch_value(sql, account_id)
    return found


class RunningBudget(msgspec.Struct, frozen=True):
    """`granted` is what it is made of, `used` what was spent of that."""

    id: BudgetPeriodId
    account_id: AccountId
    source: BudgetSource
    starts_at: datetime
    ends_at: datetime
    granted: Tokens
    used: Tokens
    warned: int


_USED = """
    (SELECT coalesce(sum(g.spent), 0)::bigint FROM token_grant g
    WHERE g.source_id = {0}id AND g.account = {0}account AND g.kind IN ('MONTHLY', 'TRIAL'))
"""
_RUNNING = Columns(RunningBudget, TokenBudgetPeriod, account_id="account", used=_USED)


async def list_running(account_ids: Sequence[AccountId]) -> list[RunningBudget]:
    """In no particular order; an account on a plan may have one from before it beside."""
    sql = f"""
        SELECT {_RUNNING.select("p")} FROM token_budget_period p
        WHERE p.account = ANY($1) AND p.ended_at IS NULL AND p.ends_at > $2
    """  # noqa: S608 - own columns
    return await db.fetch_all(RunningBudget, sql, list(account_ids), business_now())


class _Use(msgspec.Struct, frozen=True):
    account_id: AccountId
    used: Tokens


async def list_use_since(since: Mapping[AccountId, datetime]) -> dict[AccountId, Tokens]:
    """What accounts used since each one's month began, that have no limited budget now."""
    if not since:
        return {}
    sql = """
        SELECT owner.id AS account_id, used_token_budget(owner.id, owner.since, $3) AS used
        FROM unnest($1::uuid[], $2::timestamptz[]) AS owner (id, since)
    """
    rows = await db.fetch_all(_Use, sql, list(since), list(since.values()), business_now())
    return {row.account_id: row.used for row in rows}


class _Spender(msgspec.Struct, frozen=True):
    account_id: AccountId


_OVERLAP = timedelta(seconds=30)
"""Entries are numbered when they are written, and seen once their transaction has ended."""


async def list_spenders(since: datetime) -> list[AccountId]:
    """Who has spent since then, by system time, and perhaps shortly before."""
    sql = """
        SELECT DISTINCT account_id FROM token_entry WHERE id >= $1 AND kind = 'SPEND'
        ORDER BY account_id
    """
    rows = await db.fetch_all(_Spender, sql, first_id_at(since - _OVERLAP))
    return [row.account_id for row in rows]


async def record_warning(period_id: UUID, percent: int) -> bool:
    """Once for each percentage of a budget: False if another worker did."""
    sql = "UPDATE token_budget_period SET warned = $2 WHERE id = $1 AND warned < $2"
    return bool(await db.execute(sql, period_id, percent))
