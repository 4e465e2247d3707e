"""The differences that a pending change would make, by field and line."""

import difflib
from collections.abc import Iterable
from typing import Any

import msgspec

from chenu.agents.rows import AgentRow, ChangeRow
from chenu.core.i18n import mark

_CONTEXT = 3

FIELDS = {
    "name": mark("Name"),
    "tagline": mark("Promise"),
    "description": mark("Description"),
    "capabilities": mark("What it does"),
    "permissions": mark("Permissions"),
    "language": mark("Language"),
    "sphere": mark("Sphere"),
    "seconds_saved": mark("Seconds saved a run"),
}
"""The columns that a change may contain, without derived ones."""

Line = tuple[str, str]
"""A kind (same, old, new or gap) and the line."""


class FieldDiff(msgspec.Struct, frozen=True):
    title: str
    lines: tuple[Line, ...]


def compare_listing(agent: AgentRow, change: ChangeRow) -> list[FieldDiff]:
    """Only fields that differ."""
    diffs = []
    for column, title in FIELDS.items():
        if column in change.fields:
            before, after = getattr(agent, column), change.fields[column]
            if before != after:
                lines = compare_texts(_as_text(before), _as_text(after))
                diffs.append(FieldDiff(title, tuple(lines)))
    return diffs


def compare_texts(before: str, after: str) -> list[Line]:
    """Changed lines with a few unchanged ones around them."""
    old, new = before.splitlines(), after.splitlines()
    return list(_lines(old, new))


def _lines(old: list[str], new: list[str]) -> Iterable[Line]:
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for place, group in enumerate(matcher.get_grouped_opcodes(_CONTEXT)):
        if place:
            yield ("gap", "…")
        for tag, old_from, old_to, new_from, new_to in group:
            if tag == "equal":
                yield from (("same", line) for line in old[old_from:old_to])
            else:
                yield from (("old", line) for line in old[old_from:old_to])
                yield from (("new", line) for line in new[new_from:new_to])


def _as_text(value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(map(str, value))
    return "" if value is None else str(value)
