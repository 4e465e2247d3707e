"""Listings whose text is nearly that of another creator's agent on sale, for who reviews them.

Compared by trigrams: the share of three-letter parts that both texts have in common.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chenu.agents.model import AgentId
from chenu.agents.rows import AgentRow
from chenu.core import db
from chenu.core.text import storable

NEAR_COPY = 0.55
"""Texts with a quarter of their words exchanged are still above it, different ones below.

docs/decisions/0053.
"""
_MOST = 5


@dataclass(frozen=True, slots=True)
class NearCopy:
    """An agent on sale whose text is like another one's; `percent` of the trigrams are shared."""

    id: AgentId
    slug: str
    name: str
    creator_name: str | None
    percent: int


@db.transactional
async def list_near_copies(agent: AgentRow, edited: Mapping[str, Any]) -> list[NearCopy]:
    """Of other creators, and of the platform, the most alike first.

    `edited` are the columns of a waiting change, which are compared instead of what is on sale.
    """
    prose = " ".join(
        str(edited.get(name, before))
        for name, before in (
            ("name", agent.name),
            ("tagline", agent.tagline),
            ("description", agent.description),
        )
    )
    threshold = "SELECT set_config('pg_trgm.similarity_threshold', $1, true)"
    await db.fetch_value(threshold, str(NEAR_COPY))  # until the transaction ends
    sql = """
        SELECT a.id, a.slug, a.name, c.display_name AS creator_name, round(100 * similarity(
            agent_prose(a.name, a.tagline, a.description), fold($1)))::integer AS percent
        FROM agent a LEFT JOIN creator c ON c.id = a.creator
        WHERE agent_prose(a.name, a.tagline, a.description) % fold($1)
            AND a.status = 'PUBLISHED' AND a.kind <> 'CUSTOM'
            AND a.creator IS DISTINCT FROM $2 AND a.id <> $3
        ORDER BY percent DESC, a.id LIMIT $4
    """
    values = (storable(prose), agent.creator_id, agent.id, _MOST)
    return await db.fetch_all(NearCopy, sql, *values)
