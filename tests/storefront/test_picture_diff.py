"""What a reviewer sees of pictures that would change: the old beside the new, and what each is."""

from chenu.agents.media import AgentMedia, Screenshot
from chenu.media.pictures import PictureHash
from storefront.picture_diff import ADDED, MOVED, REMOVED, REWORDED, compare_pictures


def shot(name: str, alt: str = "The list") -> Screenshot:
    return Screenshot(PictureHash(name), alt, 640, 480)


def media(*shots: Screenshot, icon: str | None = None) -> AgentMedia:
    return AgentMedia(PictureHash(icon) if icon else None, shots)


def test_added_and_removed_screenshots_are_named_where_they_are() -> None:
    diff = compare_pictures(media(shot("a"), shot("b")), media(shot("b"), shot("c")))

    assert [(each.shot.hash, each.changes) for each in diff.before] == [
        ("a", (REMOVED,)),
        ("b", ()),
    ]
    assert [(each.shot.hash, each.changes) for each in diff.after] == [("b", ()), ("c", (ADDED,))]
    assert not diff.is_new_icon


def test_order_words_and_icon_are_compared() -> None:
    before = media(shot("a"), shot("b"), icon="i")
    after = media(shot("b", "Another list"), shot("a"), icon="j")

    diff = compare_pictures(before, after)

    assert [each.changes for each in diff.after] == [(MOVED, REWORDED), (MOVED,)]
    assert diff.is_new_icon
    assert diff.icons == ("i", "j")
