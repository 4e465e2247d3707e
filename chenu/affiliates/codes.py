"""Affiliates' codes as people type them, and as links carry them."""

import re
from typing import Final
from urllib.parse import unquote_to_bytes

PARAMETER: Final = "ref"
"""Of a link's query."""

_CODE = re.compile(r"CHENU[0-9A-F]{8}", re.ASCII)
_LONGEST = 40


def find_code(typed: str | None) -> str | None:
    """As it is stored; None for what cannot be a code."""
    if typed is None or len(typed) > _LONGEST:
        return None
    found = typed.strip().upper()
    return found if _CODE.fullmatch(found) else None


def with_code(path: str, code: str) -> str:
    """`code` is one of ours, so that it needs no encoding."""
    before, hash_sign, fragment = path.partition("#")
    return f"{before}{'&' if '?' in before else '?'}{PARAMETER}={code}{hash_sign}{fragment}"


def take_code(query: bytes) -> tuple[str | None, bytes]:
    """The code in a query, as it is stored, and the query without the parameter."""
    if not query:
        return None, query
    parts = query.split(b"&")
    sent = [part for part in parts if _is_code(part)]
    if not sent:
        return None, query
    others = [part for part in parts if not _is_code(part)]
    value = unquote_to_bytes(sent[-1].partition(b"=")[2].replace(b"+", b" "))
    return find_code(value.decode("latin-1")), b"&".join(others)


def find_carried(path: str) -> str | None:
    """The code in the query of a path or URL, as it is stored."""
    query = path.partition("#")[0].partition("?")[2]
    return take_code(query.encode(errors="replace"))[0]


def _is_code(part: bytes) -> bool:
    return unquote_to_bytes(part.partition(b"=")[0]) == PARAMETER.encode()
