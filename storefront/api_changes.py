"""The API's changelog: api_changes.toml, newest first."""

import tomllib
from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from functools import cache
from itertools import groupby
from pathlib import Path

import msgspec

from chenu.core.i18n import Locale, mark

_FILE = Path(__file__).parent / "api_changes.toml"


class ChangeKind(StrEnum):
    ADDED = "ADDED"
    CHANGED = "CHANGED"
    DEPRECATED = "DEPRECATED"


CHANGE_KINDS = {
    ChangeKind.ADDED: mark("Added"),
    ChangeKind.CHANGED: mark("Changed"),
    ChangeKind.DEPRECATED: mark("Deprecated"),
}


class ApiChange(msgspec.Struct, frozen=True):
    """`names` are the fields and types of the schema that it is about; `text` is by language."""

    day: date
    kind: ChangeKind
    names: Sequence[str]
    text: dict[str, str]

    def say(self, locale: Locale) -> str:
        return self.text[locale]


class ChangeDay(msgspec.Struct, frozen=True):
    day: date
    changes: Sequence[ApiChange]


@cache
def list_api_changes() -> Sequence[ApiChange]:
    with _FILE.open("rb") as file:
        found = tomllib.load(file)["change"]
    changes = [
        ApiChange(
            each["day"],
            ChangeKind(each["kind"]),
            tuple(each["names"]),
            {"en": each["en"], "fr": each["fr"]},
        )
        for each in found
    ]
    return sorted(changes, key=lambda change: change.day, reverse=True)


@cache
def list_change_days() -> Sequence[ChangeDay]:
    days = groupby(list_api_changes(), key=lambda change: change.day)
    return [ChangeDay(day, list(changes)) for day, changes in days]
