"""A newer version of an agent on sale, published without a review."""

from typing import Any

from chenu.agents.drafts import insert_version
from chenu.agents.model import AgentId, AgentStatus, VersionId
from chenu.agents.version_news import announce_version
from chenu.core.ids import new_id
from tests.people import MANIFEST
from tests.rows import put


async def publish_newer(
    agent_id: AgentId,
    number: str = "1.1.0",
    changelog: str = "Lit aussi les PDF.",
    *,
    permissions: tuple[str, ...] = ("files:read", "files:write"),
    **manifest: Any,
) -> VersionId:
    version_id = VersionId(new_id())
    content = {**MANIFEST, "permissions": list(permissions), **manifest}
    await insert_version(agent_id, version_id, number, changelog, content, AgentStatus.PUBLISHED)
    await put("agent", "current_version", version_id, "id = $2", agent_id)
    await announce_version(agent_id, version_id)
    return version_id
