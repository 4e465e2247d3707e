"""Makes an uploaded picture anew, in a process of its own that has little time and memory."""

from chenu.media.pictures import PictureUse, Renditions


async def reencode(raw: bytes, use: PictureUse) -> Renditions:
    """Raises PictureRefused, Busy, or Unavailable."""
    raise NotImplementedError
