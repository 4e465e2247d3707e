"""Manifests, the product that is sold: validated against the published JSON Schema."""

import json
import math
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from chenu.agents.manifest_text import check_manifest_text
from chenu.core.errors import ChenuError, Invalid, reject_if_any
from chenu.core.i18n import mark

MAX_BYTES = 64_000
MAX_ERRORS = 20
MAX_LEVELS = 64
LARGEST_NUMBER = 2**53 - 1
"""The largest number that every program reads exactly.

PostgreSQL writes 1e20 as an integer, so that the limit applies to all numbers.
"""
_LONGEST_INTEGER = 100
_LONGEST_PLACE = 200
SCHEMA_PATH = Path(__file__).parent / "manifest.schema.json"
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def parse_manifest(text: str) -> Any:
    """Parses the JSON of a form field.

    Raises Invalid with line and column, or with the duplicate name.

    Numbers that are too large are left to `check_manifest`, which knows their path.
    """
    if len(text.encode(errors="surrogatepass")) > MAX_BYTES:
        raise _too_large()
    try:
        return json.loads(
            text,
            parse_int=_read_integer,
            parse_constant=_refuse_constant,
            object_pairs_hook=_read_object,
        )
    except RecursionError:
        raise _too_deep() from None
    except json.JSONDecodeError as error:
        message = mark("The manifest is not JSON: line {line}, column {column}")
        where = {"line": error.lineno, "column": error.colno}
        raise Invalid(message, path=("manifest",), **where) from None


def _read_integer(digits: str) -> int | float:
    """Python refuses integers with thousands of digits, and is slow at somewhat shorter ones."""
    return int(digits) if len(digits) <= _LONGEST_INTEGER else math.inf


def _refuse_constant(name: str) -> None:
    message = mark("The manifest is not JSON, which has no value {name}")
    raise Invalid(message, path=("manifest",), name=name)


def _read_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuses duplicate names, because readers would see only one of the values."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            message = mark("The manifest names {name} twice in one object")
            shown = _UNSTORABLE.sub("?", name)[:_LONGEST_PLACE]
            raise Invalid(message, path=("manifest",), name=shown)
        found[name] = value
    return found


def check_manifest(manifest: Any) -> dict[str, Any]:
    """Returns the manifest; raises Invalid or Rejected, with one error for each wrong path."""
    _require_storable(manifest)
    reject_if_any(check_manifest_text(manifest))
    # Imported for who edits an agent: JSON Schema's library takes its time.
    from chenu.agents.manifest_schema import find_violations

    reject_if_any(find_violations(manifest, SCHEMA_PATH)[:MAX_ERRORS])
    checked: dict[str, Any] = manifest
    return checked


def _require_storable(manifest: Any) -> None:
    """Requires values that every JSON reader and our database accept.

    Raises Invalid or Rejected.
    """
    try:
        text = json.dumps(manifest, ensure_ascii=False)
    # a set or bytes, a circular reference, or an integer with thousands of digits
    except (TypeError, ValueError):
        raise _not_json() from None
    except RecursionError:
        raise _too_deep() from None
    if len(text.encode(errors="surrogatepass")) > MAX_BYTES:
        raise _too_large()
    reject_if_any(list(islice(_find_odd_values(manifest, ("manifest",)), MAX_ERRORS)))


def _find_odd_values(value: Any, path: tuple[str, ...]) -> Iterator[ChenuError]:
    """Values that cannot be stored, or not be written again as they were sent. Raises Invalid."""
    if len(path) > MAX_LEVELS:
        raise _too_deep()
    if isinstance(value, dict):
        for name, entry in value.items():
            if isinstance(name, str) and not _UNSTORABLE.search(name):
                yield from _find_odd_values(entry, (*path, name))
            else:
                yield _odd_text(path)
    elif isinstance(value, list):
        for index, entry in enumerate(value):
            yield from _find_odd_values(entry, (*path, str(index)))
    else:
        yield from _check_scalar(value, path)


def _check_scalar(value: Any, path: tuple[str, ...]) -> Iterator[ChenuError]:
    if isinstance(value, str) and _UNSTORABLE.search(value):
        yield _odd_text(path)
    if isinstance(value, int | float) and not abs(value) <= LARGEST_NUMBER:  # or NaN
        message = mark("{place}: numbers go from -{limit} to {limit}, please write others as text")
        place = ".".join(path)[:_LONGEST_PLACE]
        yield Invalid(message, path=path, place=place, limit=LARGEST_NUMBER)


def _odd_text(path: tuple[str, ...]) -> Invalid:
    return Invalid("Please enter text without control characters", path=path)


def _too_large() -> Invalid:
    return Invalid("The manifest is larger than {count} bytes", path=("manifest",), count=MAX_BYTES)


def _too_deep() -> Invalid:
    return Invalid("The manifest is nested too deeply", path=("manifest",))


def _not_json() -> Invalid:
    return Invalid("The manifest is not JSON", path=("manifest",))
