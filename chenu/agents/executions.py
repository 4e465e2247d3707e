"""Runs of agents: their rows, and the one change that ends each of them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from chenu.accounts.actor import AccountId, UserId
from chenu.agents.model import AgentId, ExecutionId, ExecutionStatus, ReportedBy, VersionId
from chenu.agents.tables import Execution
from chenu.core import db
from chenu.core.backoff import BACKOFF
from chenu.core.clock import business_now, system_now
from chenu.core.errors import NotFound
from chenu.core.paged_rows import fetch_page
from chenu.core.paging import Page, PageRequest
from chenu.core.rows import Columns


class ExecutionRow(msgspec.Struct, frozen=True):
    """Times are business time. `tokens_held` stays what was held at first.

    `tokens_used` and `succeeded` None: not reported. `seconds_saved` None: the run did not say.
    """

    id: ExecutionId
    account_id: AccountId
    user_id: UserId | None
    agent_id: AgentId
    version_id: VersionId | None
    agent_level: str
    sphere: str | None
    status: ExecutionStatus
    max_tokens: int
    min_tokens: int
    tokens_held: int
    tokens_used: int | None
    capped: bool
    is_free_try: bool
    succeeded: bool | None
    seconds_saved: int | None
    claimed_seconds: int
    authorized_by: ReportedBy
    reported_by: ReportedBy | None
    api_key_id: UUID | None
    service_key_id: UUID | None
    started_at: datetime
    expires_at: datetime
    finished_at: datetime | None

    @property
    def is_open(self) -> bool:
        return self.status is ExecutionStatus.AUTHORIZED

    def effective_seconds(self, of_account: int | None) -> int:
        """What the run says that it saved, else what its account sets, else its agent's claim."""
        if self.seconds_saved is not None:
            return self.seconds_saved
        return self.claimed_seconds if of_account is None else of_account


_EXECUTIONS = Columns(
    ExecutionRow,
    Execution,
    account_id="account",
    user_id="app_user",
    agent_id="agent",
    api_key_id="api_key",
    service_key_id="service_key",
)
_SELECT = f"SELECT {_EXECUTIONS.select()} FROM execution"  # noqa: S608 - own columns


async def insert_execution(row: ExecutionRow) -> None:
    await _EXECUTIONS.insert(row)


async def find_execution(
    account_id: AccountId, execution_id: ExecutionId, *, lock: bool = False
) -> ExecutionRow | None:
    """One of the account's runs; None for another account's."""
    suffix = " FOR NO KEY UPDATE" if lock else ""
    sql = f"{_SELECT} WHERE id = $1 AND account = $2{suffix}"
    return await db.find_one(ExecutionRow, sql, execution_id, account_id)


async def get_execution(
    account_id: AccountId, execution_id: ExecutionId, *, lock: bool = False
) -> ExecutionRow:
    """Raises NotFound for another account's."""
    found = await find_execution(account_id, execution_id, lock=lock)
    if found is None:
        raise NotFound("There is no such run", path=("execution_id",))
    return found


async def lock_due_execution(execution_id: ExecutionId) -> ExecutionRow | None:
    """An open run whose time is over, locked until the transaction ends.

    None where it has ended, or somebody else has it locked.
    """
    sql = f"""
        {_SELECT} WHERE id = $1 AND status = 'AUTHORIZED' AND expires_at <= $2
        FOR NO KEY UPDATE SKIP LOCKED
    """
    return await db.find_one(ExecutionRow, sql, execution_id, business_now())


async def list_executions_by_id(execution_ids: Sequence[ExecutionId]) -> list[ExecutionRow]:
    """In no particular order; callers check whose they are."""
    sql = f"{_SELECT} WHERE id = ANY($1)"
    return await db.fetch_all(ExecutionRow, sql, list(execution_ids))


async def list_executions(account_id: AccountId, page: PageRequest) -> Page[ExecutionRow]:
    """All runs of an account, the newest first."""
    return await fetch_page(ExecutionRow, _SELECT, "account = $1", account_id, page=page)


class _Agent(msgspec.Struct, frozen=True):
    id: AgentId


async def list_agents_run(account_id: AccountId) -> list[AgentId]:
    """The agents of the account's last thousand runs."""
    sql = """
        SELECT DISTINCT agent AS id FROM (SELECT agent FROM execution WHERE account = $1
            ORDER BY id DESC LIMIT 1000) recent
    """
    return [row.id for row in await db.fetch_all(_Agent, sql, account_id)]


async def list_due_executions(*, limit: int = 200) -> list[ExecutionRow]:
    """Open runs whose time is over, the longest overdue first; none that was postponed."""
    sql = f"""
        {_SELECT} WHERE status = 'AUTHORIZED' AND expires_at <= $1
            AND (expiry_attempt_at IS NULL OR expiry_attempt_at <= $2)
        ORDER BY expires_at LIMIT $3
    """
    return await db.fetch_all(ExecutionRow, sql, business_now(), system_now(), limit)


async def postpone_expiry(execution_id: ExecutionId, error: str) -> None:
    """After an expiry that failed: it is tried again, later and later."""
    sql = f"""
        UPDATE execution SET expiry_attempts = expiry_attempts + 1, expiry_error = $2,
            expiry_attempt_at = $3::timestamptz + {BACKOFF.replace("attempts", "expiry_attempts")}
        WHERE id = $1 AND status = 'AUTHORIZED'
    """  # noqa: S608 - texts of ours
    await db.execute(sql, execution_id, error[:500], system_now())


async def count_free_tries(account_id: AccountId, agent_id: AgentId) -> int:
    """Those that were cancelled do not count: nothing ran."""
    sql = """
        SELECT count(*) FROM execution
        WHERE account = $1 AND agent = $2 AND is_free_try AND status <> 'CANCELED'
    """
    return int(await db.fetch_value(sql, account_id, agent_id))


async def sum_reserved(
    account_id: AccountId, agent_id: AgentId | None, api_key_id: UUID | None, since: datetime
) -> int:
    """What runs of one agent, or by one key, used since then, or may still use."""
    sql = """
        SELECT coalesce(sum(CASE status WHEN 'AUTHORIZED' THEN max_tokens
            ELSE coalesce(tokens_used, 0) END), 0)::bigint
        FROM execution WHERE account = $1 AND started_at >= $4
            AND (agent = $2 OR api_key = $3)
    """
    return int(await db.fetch_value(sql, account_id, agent_id, api_key_id, since))


class _Least(msgspec.Struct, frozen=True):
    id: VersionId
    tokens: int


async def list_min_tokens(version_ids: Sequence[VersionId]) -> dict[VersionId, int]:
    """What the manifests say that a run takes at least; 1 where they say nothing."""
    sql = """
        SELECT id, coalesce((manifest ->> 'minTokens')::numeric::bigint, 1) AS tokens
        FROM agent_version WHERE id = ANY($1)
    """
    return {row.id: row.tokens for row in await db.fetch_all(_Least, sql, list(version_ids))}


class Finish(msgspec.Struct, frozen=True):
    """How a run ended; `tokens_used` and `succeeded` None where nobody reported it."""

    status: ExecutionStatus
    finished_at: datetime
    tokens_used: int | None = None
    capped: bool = False
    succeeded: bool | None = None
    seconds_saved: int | None = None
    reported_by: ReportedBy | None = None


async def finish_execution(
    account_id: AccountId, execution_id: ExecutionId, finish: Finish
) -> bool:
    """Ends an open run of the account; False where it had ended before."""
    sql = """
        UPDATE execution SET status = $2, finished_at = $3, tokens_used = $4, capped = $5,
            succeeded = $6, seconds_saved = $7, reported_by = $8
        WHERE id = $1 AND account = $9 AND status = 'AUTHORIZED'
    """
    changed = await db.execute(
        sql,
        execution_id,
        finish.status,
        finish.finished_at,
        finish.tokens_used,
        finish.capped,
        finish.succeeded,
        finish.seconds_saved,
        finish.reported_by,
        account_id,
    )
    return bool(changed)
