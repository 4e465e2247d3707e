"""Comparing two answers to one query, where graphql-core itself leaves room for chance.

When a field that may not be null fails, its siblings are cancelled: which of several errors below
one null is reported is decided by time. Everything else must be the same to the letter.
"""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

from chenu_graphql.engine import Answer

TRIES = 3

Path = tuple[str | int, ...]


async def find_difference(
    compiled: Answer, ask_expected: Callable[[], Awaitable[Answer]]
) -> str | None:
    """None when the compiled answer is one that graphql-core may give."""
    for _ in range(TRIES):
        difference = _compare(compiled, await ask_expected())
        if difference is None:
            break
    return difference


def _compare(compiled: Answer, expected: Answer) -> str | None:
    if _data(compiled) != _data(expected):
        return f"data:\n{_data(compiled)!r}\n{_data(expected)!r}"
    ours, theirs = _group_errors(compiled), _group_errors(expected)
    if ours.keys() != theirs.keys() or not all(_fit(ours[null], theirs[null]) for null in ours):
        return f"errors:\n{ours}\n{theirs}"
    costs = [(answer.requested, answer.actual) for answer in (compiled, expected)]
    if not compiled.errors and costs[0] != costs[1]:
        return f"requested and actual cost: {costs}"
    return None


def _data(answer: Answer) -> bytes:
    """As it is sent, with its keys in their order."""
    return orjson.dumps([answer.is_begun, answer.data])


@dataclass
class Errors:
    """What made one place null: message, path, locations and extensions of each error."""

    written: set[bytes] = field(default_factory=set)
    have_siblings: bool = False


def _group_errors(answer: Answer) -> dict[Path, Errors]:
    groups: dict[Path, Errors] = {}
    for error in answer.errors:
        path = tuple(error.path or ())
        null = _find_null(answer.data, path)
        group = groups.setdefault(null, Errors())
        group.written.add(orjson.dumps(error.formatted, option=orjson.OPT_SORT_KEYS))
        group.have_siblings |= len(path) > len(null)
    return groups


def _fit(ours: Errors, theirs: Errors) -> bool:
    """One error in common is enough where a failing sibling cancels the others."""
    if ours.have_siblings and theirs.have_siblings:
        return bool(ours.written & theirs.written)
    return ours.written == theirs.written


def _find_null(data: Any, path: Path) -> Path:
    for depth, part in enumerate(path):
        if data is None:
            return path[:depth]
        data = data[part]
    return path


def list_cursors(data: Any) -> list[str]:
    return list(_walk(data))


def _walk(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, each in value.items():
            if key in ("cursor", "endCursor", "startCursor") and isinstance(each, str):
                yield each
            else:
                yield from _walk(each)
    elif isinstance(value, list):
        for each in value:
            yield from _walk(each)
