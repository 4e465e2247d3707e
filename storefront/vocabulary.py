"""Labels of capabilities and permissions: vocabulary.toml, by language."""

import tomllib
from functools import cache
from pathlib import Path

from chenu.core.i18n import Locale

Labels = dict[str, dict[str, str]]


@cache
def _vocabulary() -> dict[str, Labels]:
    with (Path(__file__).parent / "vocabulary.toml").open("rb") as file:
        return tomllib.load(file)


def capability_label(tag: str, locale: Locale) -> str:
    """An unknown tag was made up by its creator and is shown as it is."""
    label = _vocabulary()["capability"].get(tag)
    return label[locale] if label else tag


def permission_label(name: str, locale: Locale) -> str | None:
    """A sentence about its meaning; None if only its name is known."""
    label = _vocabulary()["permission"].get(name)
    return label[locale] if label else None


def known_capabilities(locale: Locale) -> list[tuple[str, str]]:
    """Tags and their labels, ordered by label, from which creators choose."""
    words = _vocabulary()["capability"]
    return sorted(((tag, label[locale]) for tag, label in words.items()), key=lambda pair: pair[1])


def known_permissions(locale: Locale) -> list[tuple[str, str]]:
    """Names and their meanings, grouped by subject."""
    return [(name, label[locale]) for name, label in _vocabulary()["permission"].items()]
