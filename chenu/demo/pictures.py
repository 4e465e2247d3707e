"""Pictures for some of the demo's agents, as if their creators had uploaded them long ago.

Not a part of the history's file, which holds rows: their files are made where a demo starts.
"""

import asyncio
from collections.abc import Sequence

import msgspec

from chenu.accounts.actor import ANONYMOUS
from chenu.accounts.audit import is_recorded, record
from chenu.agents.media import AgentMedia, NewPicture
from chenu.agents.model import AgentId
from chenu.agents.pictures import lock_pictures
from chenu.agents.queries import find_agent_by_slug
from chenu.agents.tables import Agent
from chenu.core import db
from chenu.core.errors import NotFound
from chenu.core.rows import update
from chenu.demo.catalogue.pictures import PICTURES, Shown
from chenu.demo.drawings import draw_icon, draw_screen
from chenu.flows.agent_pictures import keep_picture
from chenu.flows.services import Services
from chenu.media.pictures import OF_AGENTS, PictureUse

HUNG = "demo.pictures"
"""The action in the audit trail of a database that has its pictures."""


async def hang_pictures(services: Services, shown: Sequence[Shown] = PICTURES) -> None:
    """Once: who removes one in a demo does not find it again. Raises ChenuError, nothing is hung
    then.
    """
    if await is_recorded(HUNG):
        return
    hung = [await _make(services, each) for each in shown]
    async with db.transaction():
        for agent_id, media in hung:
            await _write(agent_id, media)
        await record(ANONYMOUS, HUNG)


async def _make(services: Services, shown: Shown) -> tuple[AgentId, AgentMedia]:
    agent = await find_agent_by_slug(shown.slug)
    if agent is None:
        raise NotFound(f"agent {shown.slug} was not seeded")
    agent_id = agent.id

    async def keep(use: PictureUse, raw: bytes, alt: str = "") -> NewPicture:
        return NewPicture(use, await keep_picture(services, agent_id, use, raw), alt)

    media = AgentMedia()
    icon = keep(PictureUse.ICON, draw_icon(shown.figure, shown.colour))
    screens = (
        keep(PictureUse.SCREENSHOT, draw_screen(screen, shown.colour), screen.alt)
        for screen in shown.screens
    )
    for new in await asyncio.gather(icon, *screens):
        media = media.with_new(new)
    return agent_id, media


async def _write(agent_id: AgentId, media: AgentMedia) -> None:
    """The day of its last update stays as it was."""
    for use in OF_AGENTS:
        await lock_pictures(agent_id, use, media.names(use))
    await update(Agent, agent_id, {"media": msgspec.json.encode(media).decode()})
