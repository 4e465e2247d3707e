"""What the demo's pictures are drawn with."""

from io import BytesIO

import pytest
from PIL import Image

from chenu.demo.catalogue.pictures import PICTURES, Shown
from chenu.demo.drawings import Screen, draw_icon, draw_screen

SCREENS = [screen for shown in PICTURES for screen in shown.screens]
DRAWABLE = {*map(chr, range(0x20, 0x7F)), "’", "°"}
"""The font that is drawn with has no accents."""


@pytest.mark.parametrize("screen", SCREENS, ids=[screen.title for screen in SCREENS])
def test_the_font_has_every_sign_that_is_drawn(screen: Screen) -> None:
    words = [screen.title, *(f"{line.words}{line.found}" for line in screen.lines)]

    assert set("".join(words)) <= DRAWABLE


@pytest.mark.parametrize("shown", PICTURES, ids=[shown.slug for shown in PICTURES])
def test_pictures_are_the_same_each_time(shown: Shown) -> None:
    first = [draw_screen(screen, shown.colour) for screen in shown.screens]
    icon = draw_icon(shown.figure, shown.colour)

    assert [draw_screen(screen, shown.colour) for screen in shown.screens] == first
    assert Image.open(BytesIO(icon)).size == (256, 256)
