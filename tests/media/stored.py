"""Pictures of agents that are kept, and how a test looks at their rows and files."""

from datetime import timedelta
from pathlib import Path

import msgspec

from chenu.agents.model import AgentId
from chenu.core import db
from chenu.core.clock import CLOCK
from chenu.flows.agent_pictures import keep_picture
from chenu.flows.services import Services
from chenu.media.pictures import Picture, PictureHash, PictureSize, PictureUse
from tests.media.drawn import png
from tests.rows import put


async def keep(
    services: Services, agent_id: AgentId, use: PictureUse = PictureUse.SCREENSHOT
) -> Picture:
    return await keep_picture(services, agent_id, use, png())


async def show(agent_id: AgentId, *names: PictureHash) -> None:
    """The agent's page shows these, the first as its icon."""
    await put("agent", "media", media_of(*names), "id = $2", agent_id)


def media_of(*names: PictureHash) -> str:
    icon, *rest = names
    shots = [{"hash": name, "alt": "A window"} for name in rest]
    return msgspec.json.encode({"icon": icon, "screenshots": shots}).decode()


async def is_stored(services: Services, picture: Picture) -> bool:
    """All of it, or else nothing."""
    files = [await services.media.find(picture.hash, size) for size in PictureSize]
    row = await db.fetch_value("SELECT 1 FROM agent_picture WHERE name = $1", picture.hash)
    found = {content is not None for content in files} | {row is not None}
    assert len(found) == 1, "half of it is there"
    return found.pop()


def let_days_pass(days: int = 2) -> None:
    CLOCK.move_to_offset(CLOCK.offset + timedelta(days=days))


def files_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())
