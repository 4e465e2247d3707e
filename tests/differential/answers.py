"""Comparing two answers to one query, where graphql-core itself leaves room for chance.

When a field that may not be null fails, its siblings are cancelled: which of several errors below
one null is reported is decided by time. Everything else must be the same to the letter.
"""

from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import orjson

from chenu_graphql.engine import Answer

RETRIES = 5

Path = tuple[str | int, ...]


async def describe_difference(
    compiled: Answer, expected: Answer, ask_again: Callable[[], Awaitable[Answer]]
) -> str | None:
    """None when nothing but chance is between them; `ask_again` gives another expected answer."""
    for _ in range(RETRIES):
        difference = _compare(compiled, expected)
        if difference is None or _errors(compiled) == []:
            return difference
        if _data(compiled) == _data(expected) and _nulls(compiled) == _nulls(expected):
            other = await ask_again()
            expected = other
            continue
        return difference
    return difference


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
