"""A creator's work on the pictures of an agent. They are saved as the listing's words are:

of a draft at once, of a published agent in the change that waits for a reviewer.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from chenu.accounts import audit
from chenu.accounts.actor import Actor
from chenu.accounts.validation import check_line
from chenu.agents.media import MAX_ALT, AgentMedia, NewPicture, require_all
from chenu.agents.model import AgentId
from chenu.agents.pictures import lock_pictures
from chenu.agents.queries import find_change, get_own_agent
from chenu.agents.rows import AgentRow, ChangeRow
from chenu.core import db
from chenu.core.errors import reject_if_any
from chenu.core.text import tidy
from chenu.flows.agent_pictures import keep_picture
from chenu.flows.creators.edit_agent import require_editable, require_maker, write_or_queue
from chenu.flows.services import Services
from chenu.media.pictures import OF_AGENTS, PictureHash, PictureUse

Edit = Callable[[AgentMedia], AgentMedia]


def media_being_edited(agent: AgentRow, change: ChangeRow | None) -> AgentMedia:
    """As it would be published."""
    waiting = change.media if change else None
    return agent.media if waiting is None else waiting


async def add_picture(
    services: Services, actor: Actor, agent_id: AgentId, use: PictureUse, raw: bytes, alt: str = ""
) -> None:
    """`alt` says what a screenshot shows; icons need none.

    Raises NotFound, InvalidState, PlanRequired, Invalid, PictureRefused, LimitReached, Busy,
    Unavailable.
    """
    require_maker(actor)
    if use is PictureUse.SCREENSHOT:
        reject_if_any(check_line(alt, path=("alt",), longest=MAX_ALT))
    agent = await get_own_agent(actor, agent_id)
    require_editable(actor, agent)
    media_being_edited(agent, await find_change(agent_id)).require_room(use)
    picture = await keep_picture(services, agent_id, use, raw)
    new = NewPicture(use, picture, tidy(alt))
    await _edit(actor, agent_id, lambda media: media.with_new(new), "agent.picture")


async def remove_picture(actor: Actor, agent_id: AgentId, name: PictureHash) -> None:
    """Raises NotFound, InvalidState, PlanRequired."""
    await _edit(actor, agent_id, lambda media: media.without(name), "agent.picture.remove")


async def move_screenshot(actor: Actor, agent_id: AgentId, name: PictureHash) -> None:
    """One place towards the first. Raises NotFound, InvalidState, PlanRequired."""
    await _edit(actor, agent_id, lambda media: media.earlier(name), "agent.picture.move")


async def describe_screenshot(actor: Actor, agent_id: AgentId, name: PictureHash, alt: str) -> None:
    """Raises NotFound, InvalidState, PlanRequired, Invalid."""
    reject_if_any(check_line(alt, path=("alt",), longest=MAX_ALT))
    words = tidy(alt)
    await _edit(actor, agent_id, lambda media: media.described(name, words), "agent.picture.alt")


async def _edit(actor: Actor, agent_id: AgentId, edit: Edit, act: str) -> None:
    require_maker(actor)

    async def write() -> None:
        agent = await get_own_agent(actor, agent_id, lock=True)
        require_editable(actor, agent)
        before = media_being_edited(agent, await find_change(agent_id, lock=True))
        after = edit(before)
        if after == before:
            return
        await _require_stored(agent_id, after)
        columns: dict[str, Any] = {"media": msgspec.to_builtins(after)}
        await write_or_queue(agent, columns)
        await audit.record(actor, act, agent_id)

    await db.run_in_transaction(write)


async def _require_stored(agent_id: AgentId, media: AgentMedia) -> None:
    for use in OF_AGENTS:
        names = media.names(use)
        require_all(names, await lock_pictures(agent_id, use, names))
