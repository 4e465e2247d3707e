"""Form bodies and query strings with nested brackets, as API v1 writes them, to nested hashes."""

import re
from urllib.parse import parse_qsl

from chenu.sandbox.engine.errors import Refused
from chenu.sandbox.engine.json_types import Json

_KEY = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_PART = re.compile(r"\[([^\[\]]*)\]")


def decode(text: str) -> Json:
    """`a[b][0]=x` becomes {"a": {"b": {"0": "x"}}}: only the types can tell arrays from hashes.

    Raises Refused for a malformed key.
    """
    root: Json = {}
    for key, value in parse_qsl(text, keep_blank_values=True):
        _put(root, _path(key), value, key)
    return root


def _path(key: str) -> list[str]:
    match = _KEY.fullmatch(key)
    if match is None:
        raise Refused(f"Invalid parameter name: {key}", param=key)
    return [match[1], *_PART.findall(match[2])]


def _put(root: Json, path: list[str], value: str, key: str) -> None:
    at = root
    for part in path[:-1]:
        at = at.setdefault(part or str(len(at)), {})
        if not isinstance(at, dict):
            raise Refused(f"Parameter {key} is given both as a value and as a hash", param=key)
    at[path[-1] or str(len(at))] = value  # `a[]=x` takes the next place
