"""Counts of lists: exact up to 1,000; 1,001 means "more"."""

from typing import Any

from chenu.accounts.actor import AccountId
from chenu.agents.model import CreatorId
from chenu.agents.search import COUNT_UP_TO
from chenu.core import db


async def _count(source: str, *args: Any) -> int:
    sql = f"SELECT count(*) FROM (SELECT 1 FROM {source} LIMIT {COUNT_UP_TO + 1}) counted"  # noqa: S608 - own text
    return int(await db.fetch_value(sql, *args))


async def count_purchases(account_id: AccountId) -> int:
    return await _count("purchase WHERE account = $1", account_id)


async def count_executions(account_id: AccountId) -> int:
    return await _count("execution WHERE account = $1", account_id)


async def count_sales(creator_id: CreatorId) -> int:
    """Settled sales."""
    return await _count("purchase WHERE creator = $1 AND paid_at IS NOT NULL", creator_id)


async def count_own_agents(creator_id: CreatorId) -> int:
    """In any state."""
    return await _count("agent WHERE creator = $1", creator_id)


async def count_review_queue() -> int:
    """New agents and pending changes."""
    source = """
        (SELECT id FROM agent WHERE status = 'PENDING_REVIEW'
        UNION ALL SELECT p.id FROM agent_change p JOIN agent a ON a.id = p.agent
            WHERE p.status = 'PENDING_REVIEW' AND a.status = 'PUBLISHED') waiting
    """
    return await _count(source)
