"""Limits of tokens per agent and per API key: what they leave, and what is reserved of it.

Exact whatever runs in parallel: limits change under the lock of the account's wallet, in one
statement each (migrations/sql/token_limits.sql). docs/decisions/0037.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import NewType
from uuid import UUID

import msgspec

from chenu.accounts.actor import AccountId
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.errors import LimitReached, NotFound
from chenu.core.i18n import mark
from chenu.core.ids import new_id
from chenu.core.paged_rows import fetch_page
from chenu.core.paging import Page, PageRequest
from chenu.core.rows import Columns, insert
from chenu.tokens.limit_tables import TokenLimit

LimitId = NewType("LimitId", UUID)


class LimitSubject(msgspec.Struct, frozen=True):
    """One agent or one API key of an account."""

    account_id: AccountId
    agent_id: UUID | None = None
    api_key_id: UUID | None = None


class LimitRow(msgspec.Struct, frozen=True):
    """`used` is what was used or is reserved in `month`, the first day of a month."""

    id: LimitId
    account_id: AccountId
    agent_id: UUID | None
    api_key_id: UUID | None
    soft_limit: int | None
    hard_limit: int | None
    month: date
    used: int
    is_warning_due: bool
    warned_month: date | None
    updated_at: datetime

    def used_in(self, month: date) -> int:
        return self.used if self.month == month else 0

    @property
    def subject(self) -> LimitSubject:
        return LimitSubject(self.account_id, self.agent_id, self.api_key_id)


_LIMITS = Columns(LimitRow, TokenLimit, account_id="account", api_key_id="api_key")
_SELECT = f"SELECT {_LIMITS.select()} FROM token_limit"  # noqa: S608 - own columns


class TokenLimitReached(LimitReached):
    """A hard limit that the account set to an agent or a key leaves nothing, or too little."""

    def __init__(self, limit: int, used: int, resets_at: datetime, *, of_key: bool) -> None:
        of_agents = mark(
            "This account limits this agent to {limit} tokens a month, and {used} are used or "
            "reserved: it may use more from {resets_on} on, or when the limit is raised on "
            "/account/token-limits"
        )
        of_keys = mark(
            "This account limits this API key to {limit} tokens a month, and {used} are used or "
            "reserved: it may use more from {resets_on} on, or when the limit is raised on "
            "/account/token-limits"
        )
        super().__init__(
            of_keys if of_key else of_agents,
            limit=limit,
            used=used,
            resets_on=resets_at.date().isoformat(),
        )
        self.limit, self.used, self.resets_at = limit, used, resets_at


def month_of(moment: datetime) -> date:
    """The first day of the calendar month, UTC."""
    return moment.astimezone(UTC).date().replace(day=1)


def end_of(month: date) -> datetime:
    """When the next month begins."""
    year, following = (month.year, month.month + 1) if month.month < 12 else (month.year + 1, 1)
    return datetime(year, following, 1, tzinfo=UTC)


class _Reserved(msgspec.Struct, frozen=True):
    granted: int
    limit_id: LimitId | None


async def reserve_within_limits(
    account_id: AccountId,
    agent_id: UUID | None,
    api_key_id: UUID | None,
    wanted: int,
    *,
    at_least: int,
) -> int:
    """How much of what is wanted the limits leave, reserved in the caller's transaction.

    Raises TokenLimitReached where that is less than `at_least`.
    """
    sql = "SELECT granted, limit_id FROM reserve_token_limits($1, $2, $3, $4, $5, $6)"
    [found] = await db.fetch_all(
        _Reserved, sql, account_id, agent_id, api_key_id, wanted, at_least, business_now()
    )
    if found.limit_id is not None:
        raise await get_refusal(found.limit_id)
    return found.granted


async def get_refusal(limit_id: LimitId) -> TokenLimitReached:
    """What to tell somebody who met this limit."""
    [row] = await db.fetch_all(LimitRow, f"{_SELECT} WHERE id = $1", limit_id)
    month = month_of(business_now())
    is_of_key = row.api_key_id is not None
    return TokenLimitReached(
        row.hard_limit or 0, row.used_in(month), end_of(month), of_key=is_of_key
    )


async def release_within_limits(
    account_id: AccountId,
    agent_id: UUID | None,
    api_key_id: UUID | None,
    amount: int,
    reserved_at: datetime,
) -> None:
    """Gives back what was reserved then and has not been used."""
    if amount:
        sql = "SELECT release_token_limits($1, $2, $3, $4, $5)"
        await db.execute(sql, account_id, agent_id, api_key_id, amount, reserved_at)


async def list_limits(account_id: AccountId) -> list[LimitRow]:
    """The newest last."""
    return await db.fetch_all(LimitRow, f"{_SELECT} WHERE account = $1 ORDER BY id", account_id)


async def page_limits(account_id: AccountId, page: PageRequest) -> Page[LimitRow]:
    """The newest first."""
    return await fetch_page(LimitRow, _SELECT, "account = $1", account_id, page=page)


async def count_limits(account_id: AccountId) -> int:
    """At most 1,001: more are not counted."""
    sql = """
        SELECT count(*) FROM (SELECT 1 FROM token_limit WHERE account = $1 LIMIT 1001) counted
    """
    return int(await db.fetch_value(sql, account_id))


async def list_limits_by_id(limit_ids: Sequence[LimitId]) -> list[LimitRow]:
    """In no particular order; callers check whose they are."""
    return await db.fetch_all(LimitRow, f"{_SELECT} WHERE id = ANY($1)", list(limit_ids))


async def lock_limits(account_id: AccountId) -> None:
    """Waits until everything that is being spent is counted, and lets nothing begin before the
    transaction ends.
    """
    await db.execute("SELECT lock_token_limits($1)", account_id)


class LimitValues(msgspec.Struct, frozen=True):
    """Tokens a month; None: no such limit."""

    soft: int | None
    hard: int | None


async def store_limit(
    subject: LimitSubject, values: LimitValues, used: int, set_by: UUID
) -> LimitId:
    """In place of the one that there is, which keeps its id; `used` in this month so far.

    In the caller's transaction, which holds `lock_limits`.
    """
    now = business_now()
    row = {
        "id": new_id(),
        "account": subject.account_id,
        "agent_id": subject.agent_id,
        "api_key": subject.api_key_id,
        "soft_limit": values.soft,
        "hard_limit": values.hard,
        "month": month_of(now),
        "used": used,
        "is_warning_due": values.soft is not None and used >= values.soft,
        "set_by": set_by,
        "updated_at": now,
    }
    changes = ", ".join(f"{name} = excluded.{name}" for name in _REPLACED)
    conflict = f"ON CONFLICT (account, agent_id, api_key) DO UPDATE SET {changes}"
    await insert(TokenLimit, row, conflict)
    sql = """
        SELECT id FROM token_limit WHERE account = $1
            AND agent_id IS NOT DISTINCT FROM $2 AND api_key IS NOT DISTINCT FROM $3
    """
    args = (subject.account_id, subject.agent_id, subject.api_key_id)
    return LimitId(await db.fetch_value(sql, *args))


_REPLACED = (
    *("soft_limit", "hard_limit", "month", "used", "is_warning_due", "set_by", "updated_at"),
)


async def remove_limit(account_id: AccountId, limit_id: LimitId) -> LimitRow:
    """Raises NotFound for another account's."""
    sql = f"DELETE FROM token_limit WHERE id = $1 AND account = $2 RETURNING {_LIMITS.select()}"  # noqa: S608 - own columns
    found = await db.find_one(LimitRow, sql, limit_id, account_id)
    if found is None:
        raise NotFound("There is no such limit", path=("id",))
    return found


async def list_due_warnings(limit: int = 100) -> list[LimitRow]:
    """Limits whose soft value was passed, and of which nobody has been told."""
    sql = f"{_SELECT} WHERE is_warning_due ORDER BY id LIMIT $1"
    return await db.fetch_all(LimitRow, sql, limit)


async def dismiss_warning(limit_id: LimitId) -> None:
    """What had passed the soft value was only reserved, and came back."""
    await db.execute("UPDATE token_limit SET is_warning_due = false WHERE id = $1", limit_id)


async def sum_spent(subject: LimitSubject, since: datetime) -> int:
    """What single spends took since then; runs are counted with what they hold."""
    sql = """
        SELECT coalesce(-sum(amount), 0)::bigint FROM token_entry
        WHERE account_id = $1 AND created_at >= $4 AND kind = 'SPEND' AND execution_id IS NULL
            AND (agent_id = $2 OR api_key_id = $3)
    """
    args = (subject.account_id, subject.agent_id, subject.api_key_id, since)
    return int(await db.fetch_value(sql, *args))


async def mark_warned(limit_id: LimitId) -> bool:
    """False where somebody was told in the meantime."""
    sql = """
        UPDATE token_limit SET is_warning_due = false, warned_month = month
        WHERE id = $1 AND is_warning_due
    """
    return bool(await db.execute(sql, limit_id))
