"""JSON objects, and how they are read and written."""

from typing import Any

import orjson

Json = dict[str, Any]


def dumps(value: object) -> bytes:
    """Compact UTF-8; the bytes that are stored, answered and signed."""
    return orjson.dumps(value)


def loads(data: bytes | str) -> Any:
    return orjson.loads(data)


def copy_json(value: Json) -> Json:
    """A deep copy that shares nothing."""
    copied: Json = orjson.loads(orjson.dumps(value))
    return copied
