"""What runs say of an agent: how often they succeed, and what they take. Only the CHE·NU apps' word
counts, and only where there is enough of it.
"""

from collections.abc import Sequence
from datetime import timedelta

import msgspec

from chenu.agents.model import AgentId
from chenu.agents.tables import AgentRunSummary
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.ids import new_id
from chenu.core.rows import Columns, insert

WINDOW = timedelta(days=30)
LEAST_RUNS = 20
"""With fewer in the window there are no figures."""
_REFRESHED_EVERY = timedelta(days=1)
"""Runs leave the window even where no new one comes."""
_BUSY_RUNS = 1_000
_BUSY_EVERY = timedelta(hours=1)
"""Agents with so many runs change slowly, and cost more to compute."""


class RunSummary(msgspec.Struct, frozen=True):
    agent_id: AgentId
    runs: int
    successes: int
    accounts: int
    median_tokens: int | None

    @property
    def success_rate(self) -> float:
        return self.successes / self.runs

    @property
    def has_figures(self) -> bool:
        return self.runs >= LEAST_RUNS


_SUMMARIES = Columns(RunSummary, AgentRunSummary, agent_id="agent")


async def list_run_summaries(agent_ids: Sequence[AgentId]) -> list[RunSummary]:
    """In no particular order; none for agents without reported runs."""
    sql = f"SELECT {_SUMMARIES.select()} FROM agent_run_summary WHERE agent = ANY($1)"  # noqa: S608 - own columns
    return await db.fetch_all(RunSummary, sql, list(agent_ids))


async def find_run_summary(agent_id: AgentId) -> RunSummary | None:
    """None while no run was reported."""
    found = await list_run_summaries([agent_id])
    return found[0] if found else None


async def mark_summary_due(agent_id: AgentId) -> None:
    """In the transaction that ends a run: it writes only where nothing was due yet."""
    sql = "UPDATE agent_run_summary SET is_due = true WHERE agent = $1 AND NOT is_due"
    if await db.execute(sql, agent_id):
        return
    values = {"id": new_id(), "agent": agent_id, "computed_at": business_now()}
    await insert(AgentRunSummary, values, "ON CONFLICT (agent) DO NOTHING")


async def refresh_run_summaries() -> int:
    """Computes those of agents with new runs, and each once a day; how many."""
    now = business_now()
    sql = """
        SELECT agent AS id FROM agent_run_summary
        WHERE (is_due AND (runs < $1 OR computed_at <= $2)) OR computed_at <= $3
        ORDER BY computed_at LIMIT 500
    """
    due = await db.fetch_all(_Agent, sql, _BUSY_RUNS, now - _BUSY_EVERY, now - _REFRESHED_EVERY)
    for agent in due:
        await _refresh(agent.id)
    return len(due)


class _Agent(msgspec.Struct, frozen=True):
    id: AgentId


async def _refresh(agent_id: AgentId) -> None:
    """One statement; a run that is being reported meanwhile makes it due again."""
    sql = """
        UPDATE agent_run_summary SET is_due = false, computed_at = $2, runs = r.runs,
            successes = r.successes, accounts = r.accounts, median_tokens = r.median_tokens
        FROM (
            SELECT count(*) AS runs, count(*) FILTER (WHERE succeeded) AS successes,
                count(DISTINCT run.account) FILTER (WHERE succeeded
                    AND run.account IS DISTINCT FROM maker.account
                    AND run.account IS DISTINCT FROM made.account) AS accounts,
                percentile_disc(0.5) WITHIN GROUP (ORDER BY tokens_used) AS median_tokens
            FROM execution run JOIN agent made ON made.id = run.agent
            LEFT JOIN creator maker ON maker.id = made.creator
            WHERE run.agent = $1 AND reported_by = 'SERVICE_KEY' AND finished_at > $3
        ) r
        WHERE agent = $1
    """
    now = business_now()
    await db.execute(sql, agent_id, now, now - WINDOW)
