"""Comparing two answers to one query, where graphql-core itself leaves room for chance.

When a field that may not be null fails, its siblings are cancelled: which of several errors below
one null is reported is decided by time. Everything else must be the same to the letter.
"""

from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import orjson

from chenu_graphql.engine import Answer

TRIES = 6

Path = tuple[str | int, ...]


async def find_difference(
    compiled: Answer, ask_expected: Callable[[], Awaitable[Answer]]
) -> str | None:
    """None when chance is all that lies between the compiled answer and one of the others."""
    for _ in range(TRIES):
        expected = await ask_expected()
        difference = _compare(compiled, expected)
        if difference is None or not _is_chance(compiled, expected):
            break
    return difference


def _is_chance(compiled: Answer, expected: Answer) -> bool:
    """Whether the same fields became null, so that only the reported errors differ."""
    if not compiled.errors or not expected.errors or _data(compiled) != _data(expected):
        return False
    return _nulls(compiled) == _nulls(expected)


def _compare(compiled: Answer, expected: Answer) -> str | None:
    if _data(compiled) != _data(expected):
        return f"data:\n{_data(compiled)!r}\n{_data(expected)!r}"
    if _errors(compiled) != _errors(expected):
        return f"errors:\n{_errors(compiled)}\n{_errors(expected)}"
    costs = [(answer.requested, answer.actual) for answer in (compiled, expected)]
    if not compiled.errors and costs[0] != costs[1]:
        return f"requested and actual cost: {costs}"
    return None


def _data(answer: Answer) -> bytes:
    """As it is sent, with its keys in their order."""
    return orjson.dumps([answer.is_begun, answer.data])


def _errors(answer: Answer) -> list[str]:
    """Message, path, locations and extensions; in the order of their paths."""
    written = [
        orjson.dumps(error.formatted, option=orjson.OPT_SORT_KEYS) for error in answer.errors
    ]
    return sorted(text.decode() for text in written)


def _nulls(answer: Answer) -> set[Path]:
    """Where each error made the answer null."""
    return {_find_null(answer.data, tuple(error.path or ())) for error in answer.errors}


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
