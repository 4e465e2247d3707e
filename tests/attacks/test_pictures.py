"""A9: hostile pictures are refused in words, or come out as nothing but pixels."""

import resource

import pytest

from chenu.media.pictures import PictureRefused, PictureUse
from chenu.media.reencoding import Reencoder
from tests.attacks.hostile_pictures import CLEANED, PHP, REFUSED, SCRIPT, Draw
from tests.media.drawn import read

pytestmark = pytest.mark.long

_MOST_RISE = 100_000
"""Kilobytes of this process, in which the server would run."""


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


@pytest.mark.parametrize("draw", REFUSED.values(), ids=REFUSED)
async def test_what_is_no_picture_is_refused_in_words(draw: Draw) -> None:
    raw = draw()
    before = _peak()

    with pytest.raises(PictureRefused) as refused:
        await Reencoder().reencode(raw, PictureUse.SCREENSHOT)

    assert "too long to read" not in str(refused.value)  # it was not tried for long
    assert _peak() - before < _MOST_RISE


@pytest.mark.parametrize("draw", CLEANED.values(), ids=CLEANED)
async def test_what_hides_in_a_picture_does_not_come_out(draw: Draw) -> None:
    raw = draw()
    before = _peak()

    made = await Reencoder().reencode(raw, PictureUse.SCREENSHOT)

    for content in made.files.values():
        assert SCRIPT not in content
        assert PHP not in content
        assert b"PK\x03\x04" not in content
        assert read(content).format == "WEBP"
    assert _peak() - before < _MOST_RISE
