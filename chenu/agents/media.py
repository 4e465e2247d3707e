"""What an agent shows of itself: an icon, and up to five screenshots with words for who sees none.

A value that changes as a whole; it is reviewed with the agent's other changes. docs/decisions/0048.
"""

import msgspec

from chenu.core.errors import Invalid, LimitReached, NotFound
from chenu.core.i18n import mark
from chenu.media.pictures import Picture, PictureHash, PictureUse

MOST_SCREENSHOTS = 5
MAX_ALT = 200

_TOO_MANY = mark("An agent shows at most {count} screenshots: remove one first")
_NOT_HERE = mark("This picture is not among those of the agent any more")


class Screenshot(msgspec.Struct, frozen=True):
    """`width` and `height` in pixels, of its largest size."""

    hash: PictureHash
    alt: str
    width: int
    height: int


class NewPicture(msgspec.Struct, frozen=True):
    """`alt` is empty for an icon, beside which the agent's name stands."""

    use: PictureUse
    picture: Picture
    alt: str = ""


class AgentMedia(msgspec.Struct, frozen=True, omit_defaults=True):
    icon: PictureHash | None = None
    screenshots: tuple[Screenshot, ...] = ()

    def names(self, use: PictureUse) -> list[PictureHash]:
        if use is PictureUse.ICON:
            return [self.icon] if self.icon else []
        return [each.hash for each in self.screenshots]

    def require_room(self, use: PictureUse) -> None:
        """Raises LimitReached. A new icon takes the place of the old one."""
        if use is PictureUse.SCREENSHOT and len(self.screenshots) >= MOST_SCREENSHOTS:
            raise LimitReached(_TOO_MANY, path=("picture",), count=MOST_SCREENSHOTS)

    def with_new(self, new: NewPicture) -> "AgentMedia":
        """Raises LimitReached."""
        self.require_room(new.use)
        if new.use is PictureUse.ICON:
            return msgspec.structs.replace(self, icon=new.picture.hash)
        added = Screenshot(new.picture.hash, new.alt, new.picture.width, new.picture.height)
        return msgspec.structs.replace(self, screenshots=(*self.screenshots, added))

    def without(self, name: PictureHash) -> "AgentMedia":
        """Raises NotFound."""
        if self.icon == name:
            return msgspec.structs.replace(self, icon=None)
        gone = self.screenshots[self._place_of(name)]
        left = tuple(each for each in self.screenshots if each is not gone)
        return msgspec.structs.replace(self, screenshots=left)

    def earlier(self, name: PictureHash) -> "AgentMedia":
        """A screenshot changes places with the one before it; the first stays. Raises NotFound."""
        place = self._place_of(name)
        if place == 0:
            return self
        order = list(self.screenshots)
        order[place - 1], order[place] = order[place], order[place - 1]
        return msgspec.structs.replace(self, screenshots=tuple(order))

    def described(self, name: PictureHash, alt: str) -> "AgentMedia":
        """Raises NotFound."""
        place = self._place_of(name)
        order = list(self.screenshots)
        order[place] = msgspec.structs.replace(order[place], alt=alt)
        return msgspec.structs.replace(self, screenshots=tuple(order))

    def _place_of(self, name: PictureHash) -> int:
        for place, each in enumerate(self.screenshots):
            if each.hash == name:
                return place
        raise NotFound(_NOT_HERE, path=("picture",))


def require_all(names: list[PictureHash], stored: dict[PictureHash, Picture]) -> None:
    """Raises Invalid for one that was removed meanwhile."""
    if any(name not in stored for name in names):
        raise Invalid(_NOT_HERE, path=("picture",))
