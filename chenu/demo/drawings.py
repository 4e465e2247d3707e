"""Pictures of agents for the demo, drawn here: the same each time, and of nobody else's making."""

from collections.abc import Callable
from io import BytesIO
from typing import Literal

import msgspec
from PIL import Image, ImageDraw, ImageFont

from chenu.media.pictures import WIDTHS, PictureSize, PictureUse

Colour = tuple[int, int, int]
Tone = Literal["good", "warn", "bad"]
Figure = Literal["sheets", "clause", "pot"]

_ICON = WIDTHS[PictureUse.ICON][PictureSize.LARGE]
_SIZE = (WIDTHS[PictureUse.SCREENSHOT][PictureSize.MEDIUM], 600)
_MARGIN, _HEAD, _LINE = 48, 96, 72
_PAPER, _INK, _SOFT, _HAIR = (255, 253, 248), (43, 38, 32), (112, 104, 94), (226, 218, 205)
_TONES: dict[Tone, Colour] = {"good": (47, 107, 79), "warn": (139, 94, 20), "bad": (158, 54, 48)}


class Line(msgspec.Struct, frozen=True):
    """One line of what an agent answers: what it is about, and what it found."""

    words: str
    found: str
    tone: Tone = "good"


class Screen(msgspec.Struct, frozen=True):
    """What an agent shows; `alt` says it to those who do not see it."""

    alt: str
    title: str
    lines: tuple[Line, ...]


def draw_screen(screen: Screen, colour: Colour) -> bytes:
    """A PNG as it would be uploaded."""
    image = Image.new("RGB", _SIZE, _PAPER)
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, _SIZE[0], _HEAD), fill=colour)
    pen.text((_MARGIN, _HEAD / 2), screen.title, _PAPER, _font(34), "lm")
    for place, line in enumerate(screen.lines):
        _draw_line(pen, _HEAD + _LINE // 2 + place * _LINE, line)
    return _encode(image)


def _draw_line(pen: ImageDraw.ImageDraw, top: int, line: Line) -> None:
    middle, right = top + _LINE / 2, _SIZE[0] - _MARGIN
    font, tone = _font(22), _TONES[line.tone]
    pen.text((_MARGIN, middle), line.words, _INK, _font(24), "lm")
    width = pen.textlength(line.found, font)
    box = (right - width - 36, middle - 22, right, middle + 22)
    pen.rounded_rectangle(box, 22, fill=_PAPER, outline=tone, width=3)
    pen.text((right - 18, middle), line.found, tone, font, "rm")
    pen.line((_MARGIN, top + _LINE, right, top + _LINE), _HAIR, 2)


def draw_icon(figure: Figure, colour: Colour) -> bytes:
    """A PNG, square."""
    image = Image.new("RGB", (_ICON, _ICON), colour)
    _FIGURES[figure](ImageDraw.Draw(image), colour)
    return _encode(image)


def _draw_sheets(pen: ImageDraw.ImageDraw, colour: Colour) -> None:
    """Three sheets in a pile, the last one with writing."""
    for step in (0, 24, 48):
        box = (52 + step, 40 + step, 148 + step, 168 + step)
        pen.rounded_rectangle(box, 10, fill=_PAPER, outline=colour, width=6)
    for line in range(4):
        pen.rounded_rectangle((118, 116 + line * 24, 178, 124 + line * 24), 4, fill=colour)


def _draw_clause(pen: ImageDraw.ImageDraw, colour: Colour) -> None:
    """A sheet, one line of which is marked."""
    pen.rounded_rectangle((60, 36, 196, 220), 12, fill=_PAPER)
    for line in range(6):
        marked = line == 3
        fill = _TONES["bad"] if marked else _HAIR
        pen.rounded_rectangle((80, 60 + line * 26, 176, 72 + line * 26), 5, fill=fill)
    pen.ellipse((150, 122, 206, 178), outline=_TONES["bad"], width=9)


def _draw_pot(pen: ImageDraw.ImageDraw, colour: Colour) -> None:
    """A pot with its lid."""
    pen.rounded_rectangle((56, 112, 200, 206), 26, fill=_PAPER)
    pen.rounded_rectangle((36, 128, 220, 148), 10, fill=_PAPER)
    pen.rounded_rectangle((48, 86, 208, 104), 9, fill=_PAPER)
    pen.ellipse((114, 58, 142, 86), fill=_PAPER)


_FIGURES: dict[Figure, Callable[[ImageDraw.ImageDraw, Colour], None]] = {
    "sheets": _draw_sheets,
    "clause": _draw_clause,
    "pot": _draw_pot,
}


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Pillow's own, so that no font of the machine matters. It has no accents: what is drawn here
    does without.
    """
    return ImageFont.load_default(size)


def _encode(image: Image.Image) -> bytes:
    file = BytesIO()
    image.save(file, "PNG")
    return file.getvalue()
