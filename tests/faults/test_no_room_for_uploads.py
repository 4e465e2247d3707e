"""F16 on the page: without room an upload is refused in words, and works again later."""

import httpx
import pytest
from PIL import Image

from chenu.flows.services import Services
from tests.attacks.odd_uploads import MULTIPART, PICTURE, body, part
from tests.attacks.pages import csrf_of, session_headers
from tests.media.drawn import encode
from tests.media.full_disk import no_room
from tests.people import make_creator, make_published_agent
from tests.rows import count

pytestmark = pytest.mark.faults


async def test_a_creator_reads_that_there_is_no_room_and_sends_the_picture_later(
    client: httpx.AsyncClient, services: Services
) -> None:
    creator, _ = await make_creator(services)
    agent = await make_published_agent(services, creator)
    raw = encode(Image.effect_noise((640, 480), 90))
    content = body(csrf_of(services, creator), part(PICTURE, raw))
    headers = {**session_headers(services, creator), "content-type": MULTIPART}
    url = f"/creator/agents/{agent.id}/screenshots"

    with no_room():
        refused = await client.post(url, content=content, headers=headers)
    changes = await count("agent_change")
    later = await client.post(url, content=content, headers=headers)

    assert refused.status_code == 503
    assert "Les images ne peuvent pas être enregistrées" in refused.text
    assert changes == 0
    assert later.status_code == 303
    assert await count("agent_change") == 1
