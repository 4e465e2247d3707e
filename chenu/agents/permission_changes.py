"""What a newer version may touch that an older one may not, and the other way round.

Permissions are read from manifests, such as `mail:read`: what is touched, and what is done to it.
"""

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

import msgspec

from chenu.agents.model import VersionId
from chenu.core import db

_BREADTH = {"read": 0, "draft": 1, "write": 2, "send": 3, "publish": 3}
_BROADEST = 4
"""Of acts that we do not know: whoever reads of them is warned rather than not."""


class Widened(msgspec.Struct, frozen=True):
    """More is done to what was touched before: from `mail:read` to `mail:send`."""

    before: tuple[str, ...]
    after: str


class PermissionChanges(msgspec.Struct, frozen=True):
    added: tuple[str, ...] = ()
    widened: tuple[Widened, ...] = ()
    removed: tuple[str, ...] = ()

    @property
    def any(self) -> bool:
        return bool(self.added or self.widened or self.removed)

    @property
    def asks_more(self) -> bool:
        return bool(self.added or self.widened)


def compare_permissions(old: Sequence[str], new: Sequence[str]) -> PermissionChanges:
    """In the order of the manifests. Pure."""
    touched: dict[str, list[str]] = defaultdict(list)
    for name in old:
        touched[_subject(name)].append(name)
    added, widened = list[str](), list[Widened]()
    for name in new:
        before = touched.get(_subject(name), [])
        if name in before:
            continue
        if before and _breadth(name) > max(map(_breadth, before)):
            widened.append(Widened(tuple(before), name))
        else:
            added.append(name)
    removed = tuple(name for name in old if name not in new)
    return PermissionChanges(tuple(added), tuple(widened), removed)


def _subject(name: str) -> str:
    return name.partition(":")[0]


def _breadth(name: str) -> int:
    return _BREADTH.get(name.partition(":")[2], _BROADEST)


class _Permissions(msgspec.Struct, frozen=True):
    id: VersionId
    names: list[str]


async def list_permissions(version_ids: Sequence[VersionId]) -> dict[VersionId, list[str]]:
    """As the manifests say them, which the lists of versions never read whole."""
    sql = """
        SELECT id, ARRAY(SELECT jsonb_array_elements_text(manifest -> 'permissions')) AS names
        FROM agent_version WHERE id = ANY($1)
    """
    rows = await db.fetch_all(_Permissions, sql, list(version_ids))
    return {row.id: row.names for row in rows}


async def list_changes_between(
    versions: Sequence[VersionId],
) -> dict[VersionId, PermissionChanges]:
    """What each of them, the newest first, changed from the one that follows in the list.

    The last has no changes there: what came before it is not known here.
    """
    found = await list_permissions(versions)
    return {
        newer: compare_permissions(found.get(older, []), found.get(newer, []))
        for newer, older in pairwise(versions)
    }


async def compare_versions(old: VersionId, new: VersionId) -> PermissionChanges:
    found = await list_permissions([old, new])
    return compare_permissions(found.get(old, []), found.get(new, []))
