"""Compares two answers to one query, where graphql-core itself may give several.

When a non-null field fails, its siblings are cancelled: which of several errors below one null is
reported depends on timing. Everything else must be exactly the same.
"""

from collections.abc import Iterator
from typing import Any

import orjson

from chenu_graphql.answers import Answer

Path = tuple[str | int, ...]


def find_difference(compiled: Answer, expected: Answer) -> str | None:
    """None if the compiled answer is one that graphql-core may give."""
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


Errors = dict[Path, bytes]
"""Message, path, locations and extensions of each error, by path."""


def _group_errors(answer: Answer) -> dict[Path, Errors]:
    """By the path of the null that they caused."""
    groups: dict[Path, Errors] = {}
    for error in answer.errors:
        path = tuple(error.path or ())
        group = groups.setdefault(_find_null(answer.data, path), {})
        group[path] = orjson.dumps(error.formatted, option=orjson.OPT_SORT_KEYS)
    return groups


def _fit(ours: Errors, theirs: Errors) -> bool:
    """Errors of one path must be equal.

    Below one null, any of the possible errors may be reported.
    """
    return all(theirs.get(path, written) == written for path, written in ours.items())


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
