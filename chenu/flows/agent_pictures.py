"""A picture of an agent: made anew, kept in the object store, and removed once nobody shows it."""

from collections.abc import Iterable

from chenu.agents.model import AgentId
from chenu.flows.services import Services
from chenu.media.pictures import Picture, PictureUse


async def keep_picture(
    services: Services,
    agent_id: AgentId,
    use: PictureUse,
    raw: bytes,
    *,
    path: Iterable[str] = ("picture",),
) -> Picture:
    """Outside a transaction. The caller has asked whether the actor may edit the agent.

    Raises PictureRefused with `path`, LimitReached, Busy, or Unavailable: then nothing is kept.
    """
    raise NotImplementedError


async def remove_pictures(services: Services) -> None:
    """Deletes pictures that no agent and no waiting change names, once they are a day old."""
    raise NotImplementedError
