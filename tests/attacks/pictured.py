"""Pictures of an agent whose files nobody decodes."""

import json

from chenu.agents.model import AgentId
from chenu.agents.pictures import insert_picture
from chenu.flows.services import Services
from chenu.media.pictures import Picture, PictureSize, PictureUse, Renditions
from tests.rows import put

_RENDITIONS = Renditions(640, 480, {size: size.encode() for size in PictureSize})


async def keep_screenshot(services: Services, agent_id: AgentId) -> Picture:
    picture = await insert_picture(agent_id, PictureUse.SCREENSHOT, _RENDITIONS)
    await services.media.put(picture.hash, _RENDITIONS)
    return picture


async def show_two(services: Services, agent_id: AgentId) -> str:
    """The agent shows two screenshots; the name of the second, which can be moved."""
    pictures = [await keep_screenshot(services, agent_id) for _ in range(2)]
    shown = [
        {"hash": each.hash, "alt": f"Picture {place}", "width": each.width, "height": each.height}
        for place, each in enumerate(pictures)
    ]
    await put("agent", "media", json.dumps({"screenshots": shown}), "id = $2", agent_id)
    return pictures[1].hash
