"""Checks the texts of a manifest, so that a reviewer reads the same as a model gets."""

from collections.abc import Iterator
from typing import Any

from chenu.accounts.reserved_names import reads_like_brand
from chenu.accounts.validation import reserved_name, turned_text
from chenu.core.errors import ChenuError
from chenu.core.text import turns_direction


def check_manifest_text(manifest: Any) -> list[ChenuError]:
    """Refuses characters that change the reading direction, and names that read like the CHE·NU
    brand.
    """
    turned = next(_turned_places(manifest, ("manifest",)), None)
    errors = [] if turned is None else [turned_text(turned)]
    name = manifest.get("name") if isinstance(manifest, dict) else None
    if isinstance(name, str) and reads_like_brand(name):
        errors.append(reserved_name(("manifest", "name")))
    return errors


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
