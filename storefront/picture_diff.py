"""Pictures of an agent before and after a pending change, side by side."""

from collections.abc import Sequence

import msgspec

from chenu.agents.media import AgentMedia, Screenshot
from chenu.core.i18n import mark

ADDED, REMOVED = mark("added"), mark("removed")
MOVED, REWORDED = mark("in another place"), mark("in other words")


class ComparedShot(msgspec.Struct, frozen=True):
    """`changes` are words, none of them for a screenshot that stays as it is."""

    shot: Screenshot
    changes: tuple[str, ...]


class PictureDiff(msgspec.Struct, frozen=True):
    icons: tuple[str | None, str | None]
    before: tuple[ComparedShot, ...]
    after: tuple[ComparedShot, ...]

    @property
    def is_new_icon(self) -> bool:
        return self.icons[0] != self.icons[1]


def compare_pictures(before: AgentMedia, after: AgentMedia) -> PictureDiff:
    old, new = before.screenshots, after.screenshots
    return PictureDiff(
        icons=(before.icon, after.icon),
        before=tuple(ComparedShot(shot, _if_gone(shot, new)) for shot in old),
        after=tuple(ComparedShot(shot, _changes(shot, old, new)) for shot in new),
    )


def _if_gone(shot: Screenshot, new: Sequence[Screenshot]) -> tuple[str, ...]:
    return () if _find(shot, new) else (REMOVED,)


def _find(shot: Screenshot, among: Sequence[Screenshot]) -> Screenshot | None:
    return next((each for each in among if each.hash == shot.hash), None)


def _changes(
    shot: Screenshot, old: Sequence[Screenshot], new: Sequence[Screenshot]
) -> tuple[str, ...]:
    earlier = _find(shot, old)
    if earlier is None:
        return (ADDED,)
    stayed = [each.hash for each in old if _find(each, new)]
    order = [each.hash for each in new if _find(each, old)]
    is_moved = stayed.index(shot.hash) != order.index(shot.hash)
    changed = ((MOVED, is_moved), (REWORDED, earlier.alt != shot.alt))
    return tuple(words for words, applies in changed if applies)
