"""Pictures of agents and brands as pages show them: addresses and widths of their sizes."""

from chenu.agents.media import Screenshot
from chenu.core.site import Picture
from chenu.media.pictures import (
    WIDTHS,
    PictureHash,
    PictureSize,
    PictureUse,
    picture_url,
)


def icon_url(name: PictureHash) -> str:
    return picture_url(name, PictureSize.MEDIUM)


def screenshot_url(shot: Screenshot, size: str = PictureSize.MEDIUM) -> str:
    return picture_url(shot.hash, PictureSize(size))


def source_set(shot: Screenshot) -> str:
    """The sizes with their real widths, from which a browser chooses."""
    widths = WIDTHS[PictureUse.SCREENSHOT]
    return ", ".join(
        f"{picture_url(shot.hash, size)} {min(shot.width, width)}w"
        for size, width in widths.items()
    )


LOGO_HEIGHT = 40
"""In CSS pixels."""


def logo_url(logo: Picture) -> str:
    return picture_url(PictureHash(logo.name), PictureSize.LARGE)


def logo_width(logo: Picture) -> int:
    """In CSS pixels, at LOGO_HEIGHT."""
    return max(1, round(logo.width * LOGO_HEIGHT / logo.height))
