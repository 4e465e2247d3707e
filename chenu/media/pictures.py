"""What a picture is, here: its name, its three sizes, and its address."""

import hashlib
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import NewType
from uuid import UUID

import msgspec

from chenu.core.errors import Invalid

PictureHash = NewType("PictureHash", str)
"""Names one kept picture for ever: SHA-256 of its files and of the id of its row, in hexadecimal.

Each upload has a name of its own, so that nothing that removes one can meet another, and nobody
finds a picture that is not shown yet by having the same file.
"""

MOST_BYTES = 5_000_000
"""Of the file as it is uploaded."""
FORMATS = ("PNG", "JPEG", "WebP")
MEDIA_PATH = "/media"

_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)


class PictureUse(StrEnum):
    ICON = "icon"
    SCREENSHOT = "screenshot"
    LOGO = "logo"


class PictureSize(StrEnum):
    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


OF_AGENTS = (PictureUse.ICON, PictureUse.SCREENSHOT)

WIDTHS: Mapping[PictureUse, Mapping[PictureSize, int]] = {
    PictureUse.ICON: {PictureSize.SMALL: 64, PictureSize.MEDIUM: 128, PictureSize.LARGE: 256},
    PictureUse.SCREENSHOT: {
        PictureSize.SMALL: 480,
        PictureSize.MEDIUM: 960,
        PictureSize.LARGE: 1600,
    },
    PictureUse.LOGO: {PictureSize.SMALL: 160, PictureSize.MEDIUM: 320, PictureSize.LARGE: 640},
}
"""In pixels; a screenshot or logo that is narrower stays as it is. Icons are square."""


class PictureRefused(Invalid):
    """The file is no picture that is taken; says what is allowed. `path` names the field."""


class Picture(msgspec.Struct, frozen=True):
    """`width` and `height` are those of its largest file."""

    hash: PictureHash
    width: int
    height: int


class Renditions(msgspec.Struct, frozen=True):
    """One picture in its three sizes, each a WebP file without metadata."""

    width: int
    height: int
    files: Mapping[PictureSize, bytes]


def name_renditions(row_id: UUID, renditions: Renditions) -> PictureHash:
    """Nobody can guess it, and no two rows have the same."""
    digest = hashlib.sha256(row_id.bytes)
    for size in PictureSize:
        digest.update(hashlib.sha256(renditions.files[size]).digest())
    return PictureHash(digest.hexdigest())


def picture_url(name: PictureHash, size: PictureSize) -> str:
    """Lasting: what is there never changes."""
    return f"{MEDIA_PATH}/{name}-{size}.webp"


def find_hash(text: str) -> PictureHash | None:
    """None where it is not written as one."""
    return PictureHash(text) if _HASH.fullmatch(text) else None
