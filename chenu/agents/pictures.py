"""The rows of kept pictures: whose they are, and which of them nobody shows any more."""

from collections.abc import Collection

from chenu.agents.model import AgentId
from chenu.media.pictures import Picture, PictureHash, PictureUse


async def lock_pictures(
    agent_id: AgentId, use: PictureUse, names: Collection[PictureHash]
) -> dict[PictureHash, Picture]:
    """The agent's own among these, kept while the caller's transaction lasts.

    Whoever writes names into `agent.media` or a waiting change asks this first, and refuses a name
    that is missing here.
    """
    raise NotImplementedError
