"""Writes of a review: states of versions, and the end of a pending change."""

from uuid import UUID

from chenu.agents.model import AgentId, AgentStatus, VersionId
from chenu.agents.tables import AgentChange, AgentVersion
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.rows import update


async def set_version_status(version_id: VersionId | None, status: AgentStatus) -> None:
    await update(AgentVersion, version_id, {"status": status})


async def reject_change(change_id: UUID, reason: str) -> None:
    rejected = {"status": AgentStatus.REJECTED, "rejection_reason": reason}
    await update(AgentChange, change_id, rejected)


async def return_change(change_id: UUID, version_id: VersionId | None) -> None:
    """A rejected change waits for a reviewer again, as it is."""
    status = AgentStatus.PENDING_REVIEW
    waiting = {"status": status.value, "rejection_reason": None, "submitted_at": business_now()}
    await update(AgentChange, change_id, waiting)
    if version_id is not None:
        await set_version_status(version_id, status)


async def delete_change(agent_id: AgentId) -> None:
    """The agent's one pending or rejected change, if there is one."""
    await db.execute("DELETE FROM agent_change WHERE agent = $1", agent_id)
