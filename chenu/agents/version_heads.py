"""Versions without their manifests, which lists never read."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from chenu.agents.model import AgentId, AgentStatus, VersionId
from chenu.agents.tables import AgentVersion
from chenu.core import db
from chenu.core.rows import Columns


class VersionHead(msgspec.Struct, frozen=True):
    id: VersionId
    agent_id: AgentId
    number: str
    status: AgentStatus
    changelog: str
    created_at: datetime

    @property
    def is_published(self) -> bool:
        return self.status is AgentStatus.PUBLISHED


_COLUMNS = Columns(VersionHead, AgentVersion, agent_id="agent").select("v")
_MOST = 100


async def list_version_heads(
    agent_ids: Sequence[AgentId], *, all_states: bool
) -> list[VersionHead]:
    """The newest hundred versions of each agent, newest first: published ones, or all states."""
    sql = f"""
        SELECT v.* FROM unnest($1::uuid[]) AS wanted (agent_id) CROSS JOIN LATERAL (
            SELECT {_COLUMNS} FROM agent_version v
            WHERE v.agent = wanted.agent_id AND ($2 OR v.status = 'PUBLISHED')
            ORDER BY v.id DESC LIMIT {_MOST}) v
        ORDER BY v.id DESC
    """  # noqa: S608 - own columns, values are arguments
    return await db.fetch_all(VersionHead, sql, list(agent_ids), all_states)


async def list_version_heads_by_id(version_ids: Sequence[VersionId]) -> list[VersionHead]:
    """In no particular order."""
    sql = f"SELECT {_COLUMNS} FROM agent_version v WHERE v.id = ANY($1)"  # noqa: S608 - own columns
    return await db.fetch_all(VersionHead, sql, list(version_ids))
