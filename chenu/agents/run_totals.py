"""Completed runs of an account, summed by agent and day, week or month."""

from datetime import date, datetime
from typing import Literal

import msgspec

from chenu.accounts.actor import AccountId
from chenu.agents.model import AgentId
from chenu.core import db

TimeUnit = Literal["day", "week", "month"]


class RunTotal(msgspec.Struct, frozen=True):
    """`day` is the first of its day, week (Monday) or month, UTC.

    `timed_runs` reported the seconds that they saved; `claimed_seconds` is what their agents
    claimed of the others when these were authorised.
    """

    day: date
    agent_id: AgentId
    runs: int
    timed_runs: int
    timed_seconds: int
    claimed_seconds: int
    tokens: int


async def sum_completed_runs(
    account_id: AccountId, begin: datetime, end: datetime, unit: TimeUnit
) -> list[RunTotal]:
    """Those that finished from `begin` until just before `end`, whoever reported them."""
    sql = """
        SELECT date_trunc($4, finished_at AT TIME ZONE 'UTC')::date AS day, agent AS agent_id,
            count(*) AS runs, count(seconds_saved) AS timed_runs,
            coalesce(sum(seconds_saved), 0)::bigint AS timed_seconds,
            coalesce(sum(claimed_seconds) FILTER (WHERE seconds_saved IS NULL), 0)::bigint
                AS claimed_seconds,
            coalesce(sum(tokens_used), 0)::bigint AS tokens
        FROM execution
        WHERE account = $1 AND status = 'COMPLETED' AND finished_at >= $2 AND finished_at < $3
        GROUP BY 1, 2
    """
    return await db.fetch_all(RunTotal, sql, account_id, begin, end, unit)
