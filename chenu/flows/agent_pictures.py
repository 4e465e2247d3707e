"""A picture of an agent: made anew, kept in the object store, and removed once nobody shows it."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from chenu.accounts.attempts import Limit, count_attempt
from chenu.agents.model import AgentId
from chenu.agents.pictures import (
    delete_removed,
    insert_picture,
    list_removed,
    mark_removed,
    mark_unused,
    require_room,
)
from chenu.core.errors import Unavailable
from chenu.flows.services import Services
from chenu.media.pictures import Picture, PictureUse
from chenu.media.removal import remove_from_store

PER_AGENT = Limit("picture_agent", 60, timedelta(hours=1))
"""Of uploads, refused ones too: reading a picture takes a processor for seconds at worst."""


async def keep_picture(
    services: Services,
    agent_id: AgentId,
    use: PictureUse,
    raw: bytes,
    *,
    path: Iterable[str] = ("picture",),
) -> Picture:
    """Outside a transaction. The caller has asked whether the actor may edit the agent.

    Raises PictureRefused with `path`, LimitReached, RateLimited, Busy, or Unavailable: then nothing
    is kept.
    """
    await require_room(agent_id)
    await count_attempt(PER_AGENT, str(agent_id))
    renditions = await services.reencoder.reencode(raw, use, path=path)
    picture = await insert_picture(agent_id, use, renditions)
    try:
        await services.media.put(picture.hash, renditions)
    except Unavailable:
        await mark_removed(picture.hash)
        raise
    return picture


async def remove_pictures(services: Services) -> None:
    """Deletes pictures that no agent and no waiting change names, once they are a day old."""
    looked_at: UUID | None = None
    while (looked_at := await mark_unused(looked_at)) is not None:
        pass
    await remove_from_store(services.media, list_removed, delete_removed)
