"""Capabilities and permissions in words: vocabulary.toml, by language."""

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
    """A tag that we do not know is a word of its creator's."""
    label = _vocabulary()["capability"].get(tag)
    return label[locale] if label else tag


def permission_label(name: str, locale: Locale) -> str | None:
    """What it means in a sentence; None for one that only its name can tell."""
    label = _vocabulary()["permission"].get(name)
    return label[locale] if label else None


def known_capabilities(locale: Locale) -> list[tuple[str, str]]:
    """Tags and their labels, by label: what creators may choose from."""
    words = _vocabulary()["capability"]
    return sorted(((tag, label[locale]) for tag, label in words.items()), key=lambda pair: pair[1])


def known_permissions(locale: Locale) -> list[tuple[str, str]]:
    """Names and what they mean, grouped by what they touch."""
    return [(name, label[locale]) for name, label in _vocabulary()["permission"].items()]
