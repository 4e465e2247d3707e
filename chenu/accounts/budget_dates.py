"""When the budget of each account must be looked at: a row with its due time, on business time."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from chenu.accounts.actor import AccountId
from chenu.accounts.tables import TokenBudget
from chenu.core import db
from chenu.core.backoff import BACKOFF
from chenu.core.clock import business_now, system_now
from chenu.core.ids import new_id
from chenu.core.rows import Columns, insert


class BudgetDates(msgspec.Struct, frozen=True):
    """`source` and `anchor_at` as they were settled last."""

    account_id: AccountId
    source: str
    anchor_at: datetime
    due_at: datetime | None

    def is_due(self) -> bool:
        return self.due_at is not None and self.due_at <= business_now()


_DATES = Columns(BudgetDates, TokenBudget, account_id="account")
_FIND = f"SELECT {_DATES.select()} FROM token_budget WHERE account = $1"  # noqa: S608 - own columns
_DUE = "due_at <= $1 AND next_attempt_at <= $2"


async def insert_budget(account_id: AccountId) -> None:
    """Of a new account, due at once."""
    now = business_now()
    values = {"id": new_id(), "account": account_id, "anchor_at": now, "due_at": now}
    await insert(TokenBudget, {**values, "next_attempt_at": system_now()})


async def mark_budget_due(account_id: AccountId) -> None:
    """In the transaction that changes what the account is entitled to."""
    sql = """
        UPDATE token_budget SET due_at = least(due_at, $2), attempts = 0, next_attempt_at = $3
        WHERE account = $1
    """
    await db.execute(sql, account_id, business_now(), system_now())


async def find_budget_dates(account_id: AccountId) -> BudgetDates | None:
    return await db.find_one(BudgetDates, _FIND, account_id)


async def lock_budget_dates(account_id: AccountId) -> BudgetDates | None:
    """Until the transaction ends: a budget is settled by one at a time."""
    return await db.find_one(BudgetDates, f"{_FIND} FOR NO KEY UPDATE", account_id)


async def store_budget_dates(dates: BudgetDates) -> None:
    """What was settled, and when to look again."""
    sql = """
        UPDATE token_budget SET source = $2, anchor_at = $3, due_at = $4, attempts = 0,
            last_error = NULL, next_attempt_at = $5
        WHERE account = $1
    """
    values = (dates.account_id, dates.source, dates.anchor_at, dates.due_at)
    await db.execute(sql, *values, system_now())


async def postpone_budget(account_id: AccountId, error: str) -> None:
    sql = f"""
        UPDATE token_budget SET attempts = attempts + 1, last_error = $2,
            next_attempt_at = $3::timestamptz + {BACKOFF}
        WHERE account = $1
    """  # noqa: S608 - texts of ours
    await db.execute(sql, account_id, error[:500], system_now())


class _Account(msgspec.Struct, frozen=True):
    account_id: AccountId


async def list_due_budgets(*, limit: int = 500) -> list[AccountId]:
    """The most overdue first."""
    sql = f"""
        SELECT account AS account_id FROM token_budget WHERE {_DUE} ORDER BY due_at LIMIT $3
    """  # noqa: S608 - own text
    rows = await db.fetch_all(_Account, sql, business_now(), system_now(), limit)
    return [row.account_id for row in rows]


async def list_due_of(account_ids: Sequence[AccountId]) -> list[AccountId]:
    """Those of these accounts that are due, also while a failed attempt waits."""
    sql = "SELECT account AS account_id FROM token_budget WHERE account = ANY($1) AND due_at <= $2"
    rows = await db.fetch_all(_Account, sql, list(account_ids), business_now())
    return [row.account_id for row in rows]


def is_none_due(accounts: str, now: str) -> str:
    """A condition in SQL of two placeholders: an array of accounts, and the business time."""
    return f"""
        NOT EXISTS (SELECT 1 FROM token_budget WHERE account = ANY({accounts}) AND due_at <= {now})
    """  # noqa: S608 - own text


async def list_postponed(account_ids: Sequence[AccountId]) -> set[AccountId]:
    """Those that failed and wait for their next attempt."""
    sql = """
        SELECT account AS account_id FROM token_budget
        WHERE account = ANY($1) AND next_attempt_at > $2
    """
    rows = await db.fetch_all(_Account, sql, list(account_ids), system_now())
    return {row.account_id for row in rows}


async def list_budget_sources(account_ids: Sequence[AccountId]) -> dict[AccountId, str]:
    """As they were settled last."""
    sql = f"SELECT {_DATES.select()} FROM token_budget WHERE account = ANY($1)"  # noqa: S608 - own columns
    rows = await db.fetch_all(BudgetDates, sql, list(account_ids))
    return {row.account_id: row.source for row in rows}


async def count_due_budgets() -> int:
    sql = f"SELECT count(*) FROM token_budget WHERE {_DUE}"  # noqa: S608 - own text
    return int(await db.fetch_value(sql, business_now(), system_now()))
