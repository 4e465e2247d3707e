"""The texts in a manifest: what a reviewer reads is what a model is told."""

from collections.abc import Iterator
from typing import Any

from chenu.accounts.validation import turned_text
from chenu.core.errors import ChenuError
from chenu.core.text import turns_direction


def check_manifest_text(manifest: Any) -> list[ChenuError]:
    """Of the first text whose reading direction is turned round; it names the place."""
    found = next(_turned_places(manifest, ("manifest",)), None)
    return [] if found is None else [turned_text(found)]


def _turned_places(value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if isinstance(value, str) and turns_direction(value):
        yield path
    elif isinstance(value, dict):
        for name, held in value.items():
            if turns_direction(name):
                yield path
            yield from _turned_places(held, (*path, name))
    elif isinstance(value, list):
        for index, entry in enumerate(value):
            yield from _turned_places(entry, (*path, str(index)))
