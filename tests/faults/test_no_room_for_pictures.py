"""F16: no room for a picture, or a folder that cannot be written: nothing is half stored.

The upload is refused in words, and a later one works.
"""

import random
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace
from PIL import Image

from chenu.agents.model import AgentId
from chenu.core.errors import Unavailable
from chenu.flows.agent_pictures import keep_picture, remove_pictures
from chenu.flows.services import Services
from chenu.media.pictures import PictureSize, PictureUse
from chenu.media.places import Place
from chenu.media.store import MediaStore
from tests.agents.shelf import open_shop, shelve
from tests.faults.counts import seeds
from tests.media.drawn import encode
from tests.media.full_disk import no_room
from tests.media.stored import files_in, is_stored
from tests.rows import count

LEAST_OF_THE_LARGEST = 40_000
"""Bytes; the smallest has about half of that of the largest."""

pytestmark = pytest.mark.faults


@contextmanager
def _full(folder: Path, seed: int) -> Iterator[None]:
    """From some byte on: within the first file, or only within the last."""
    with no_room(random.Random(seed).randrange(LEAST_OF_THE_LARGEST)):
        yield


@contextmanager
def _in_the_way(folder: Path, seed: int) -> Iterator[None]:
    """As a folder that cannot be written, for the superuser of a container too."""
    folder.rmdir()
    folder.write_text("a file")
    yield
    folder.unlink()


@pytest.fixture
def own(services: Services, tmp_path: Path) -> Services:
    """With a folder of its own that nothing else writes to."""
    (tmp_path / "media").mkdir()
    return replace(services, media=MediaStore(Place(str(tmp_path / "media"))))


@pytest.fixture
async def agent(services: Services) -> AgentId:
    return await shelve(await open_shop(), "Trieur")


FAULTS: dict[str, Callable[[Path, int], AbstractContextManager[None]]] = {
    "a full disk": _full,
    "no folder": _in_the_way,
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize("seed", seeds(10))
async def test_a_picture_is_refused_whole_and_later_taken(
    own: Services,
    agent: AgentId,
    tmp_path: Path,
    fault: Callable[[Path, int], AbstractContextManager[None]],
    seed: int,
) -> None:
    folder = tmp_path / "media"

    raw = encode(Image.effect_noise((640, 480), 90))

    with fault(folder, seed), pytest.raises(Unavailable, match="cannot be stored"):
        await keep_picture(own, agent, PictureUse.SCREENSHOT, raw)

    assert files_in(folder) == []
    assert await count("agent_picture", "removed_at IS NULL") == 0
    stored = await keep_picture(own, agent, PictureUse.SCREENSHOT, raw)
    assert await is_stored(own, stored)
    large = await own.media.find(stored.hash, PictureSize.LARGE)
    assert len(large or b"") > LEAST_OF_THE_LARGEST
    await remove_pictures(own)
    assert await count("agent_picture") == 1
