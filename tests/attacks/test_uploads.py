"""A9: forms with a file that are odd, endless or not ours: nothing breaks, and nothing changes."""

import resource
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from chenu.core import db
from chenu.flows.services import Services
from chenu.media.pictures import PictureHash, PictureSize, picture_url
from tests.attacks.hostile_pictures import REFUSED as HOSTILE
from tests.attacks.hostile_pictures import SCRIPT
from tests.attacks.odd_uploads import MULTIPART, PICTURE, body, part, refused, taken
from tests.attacks.pages import csrf_of, session_headers
from tests.media.drawn import png
from tests.media.stored import files_in
from tests.people import Person, make_creator, make_published_agent
from tests.rows import fingerprint

_MOST_RISE = 100_000
"""Kilobytes of this process, which is the server."""


_REFUSED = (400, 403, 413, 422)


@dataclass(frozen=True)
class _Desk:
    """The upload of an agent's creator, and what an attack must not change."""

    http: httpx.AsyncClient
    services: Services
    person: Person
    url: str

    @property
    def token(self) -> str:
        return csrf_of(self.services, self.person)

    async def send(self, content: bytes, kind: str = MULTIPART) -> httpx.Response:
        headers = {**session_headers(self.services, self.person), "content-type": kind}
        return await self.http.post(self.url, content=content, headers=headers)

    async def contents(self) -> tuple[object, list[Path]]:
        """Of the tables and the folder of pictures. Limits of tries count refused ones, too."""
        folder = self.services.settings.media.folder
        return await fingerprint(), files_in(Path(folder or ""))


@pytest.fixture
async def desk(client: httpx.AsyncClient, services: Services) -> _Desk:
    person, _ = await make_creator(services)
    agent = await make_published_agent(services, person)
    return _Desk(client, services, person, f"/creator/agents/{agent.id}/screenshots")


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


async def test_no_odd_form_is_taken_changes_anything_or_fills_the_memory(desk: _Desk) -> None:
    before, peak = await desk.contents(), _peak()

    found = {
        name: (await desk.send(content, kind)).status_code
        for name, (content, kind) in refused(desk.token).items()
    }

    assert {name: status for name, status in found.items() if status not in _REFUSED} == {}
    assert await desk.contents() == before
    assert _peak() - peak < _MOST_RISE


async def test_hostile_pictures_are_refused_beside_the_field(desk: _Desk) -> None:
    before = await desk.contents()

    for name, draw in list(HOSTILE.items())[::3]:
        answer = await desk.send(body(desk.token, part(PICTURE, draw())))

        assert answer.status_code == 422, name
        assert SCRIPT.decode() not in answer.text

    assert await desk.contents() == before


async def test_a_pictures_name_and_type_mean_nothing(desk: _Desk) -> None:
    for name, content in taken(desk.token).items():
        answer = await desk.send(content)

        assert answer.status_code == 303, name
        await db.execute("DELETE FROM agent_change")  # or there would be too many

    rows = await db.fetch_value("SELECT array_agg(name) FROM agent_picture")
    assert len(rows) == len(taken(""))
    for row in rows:
        served = await desk.http.get(picture_url(PictureHash(row), PictureSize.LARGE))
        assert served.headers["content-type"] == "image/webp"
        assert served.content[8:12] == b"WEBP"
        assert SCRIPT not in served.content


async def test_a_form_of_another_site_is_refused(desk: _Desk) -> None:
    before = await desk.contents()
    headers = {"content-type": MULTIPART, **session_headers(desk.services, desk.person)}
    content = body(desk.token, part(PICTURE, png()))

    for foreign in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
        answer = await desk.http.post(desk.url, content=content, headers={**headers, **foreign})

        assert answer.status_code == 403
    assert await desk.contents() == before
