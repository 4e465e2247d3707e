"""What the process that makes pictures anew says to the one that started it."""

import struct
from collections.abc import Sequence
from enum import IntEnum

from chenu.media.pictures import PictureSize, PictureUse, Renditions

MOST_PIXELS = 24_000_000
FEWEST_PIXELS = {PictureUse.ICON: 256, PictureUse.SCREENSHOT: 320, PictureUse.LOGO: 48}
"""Of the shorter side."""
MOST_RATIO = {PictureUse.ICON: 3, PictureUse.SCREENSHOT: 3, PictureUse.LOGO: 10}
"""Of the longer side to the shorter one."""

_HEAD = struct.Struct(">5I")
"""Width, height, and the lengths of the three files that follow, the smallest first."""


class Refusal(IntEnum):
    """The exit status: why the picture is refused."""

    UNKNOWN = 20
    BROKEN = 21
    ANIMATED = 22
    TOO_MANY_PIXELS = 23
    TOO_SMALL = 24
    TOO_LONG = 25


def write_answer(width: int, height: int, files: Sequence[bytes]) -> bytes:
    return _HEAD.pack(width, height, *map(len, files)) + b"".join(files)


def read_answer(answer: bytes) -> Renditions:
    """Raises ValueError for anything else."""
    if len(answer) < _HEAD.size:
        raise ValueError("no answer")
    width, height, *lengths = _HEAD.unpack_from(answer)
    files, start = {}, _HEAD.size
    for size, length in zip(PictureSize, lengths, strict=True):
        files[size] = answer[start : start + length]
        start += length
    is_whole = start == len(answer) and all(each[8:12] == b"WEBP" for each in files.values())
    if not is_whole:
        raise ValueError("an answer that is cut short")
    return Renditions(width, height, files)
