"""The fields of a listing, checked and normalised. Pure."""

import re
import secrets
import unicodedata
from collections.abc import Sequence

import msgspec

from chenu.accounts.reserved_names import is_reserved_handle
from chenu.accounts.validation import (
    check_line,
    check_locale,
    check_name,
    check_text,
    turned_text,
)
from chenu.agents.markdown import render_markdown
from chenu.core.errors import ChenuError, Invalid
from chenu.core.i18n import mark
from chenu.core.text import compose, turns_direction
from chenu.tiers.spheres import SPHERES, find_sphere

MAX_NAME = 60
MAX_TAGLINE = 120
MAX_DESCRIPTION = 20_000
MAX_CAPABILITIES = 10
MAX_CAPABILITY = 40
MAX_CHANGELOG = 5_000
DAY_MINUTES = 24 * 60
DEFAULT_MINUTES = 15.0

VERSION_NUMBER = re.compile(r"(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})", re.ASCII)


class ListingFields(msgspec.Struct, frozen=True):
    """None: not given, so unchanged. `minutes` are saved per run, as the creator claims."""

    name: str | None = None
    tagline: str | None = None
    description: str | None = None
    capabilities: Sequence[str] | None = None
    language: str | None = None
    sphere: str | None = None
    minutes: float | None = None

    @property
    def is_empty(self) -> bool:
        return all(getattr(self, name) is None for name in self.__struct_fields__)


def check_listing(fields: ListingFields) -> list[ChenuError]:
    """Checks the fields that are given."""
    errors: list[ChenuError] = []
    if fields.name is not None:
        errors += check_name(fields.name, path=("name",), shortest=2, longest=MAX_NAME)
    if fields.tagline is not None:
        errors += check_line(fields.tagline, path=("tagline",), longest=MAX_TAGLINE)
    if fields.description is not None:
        errors += _check_description(fields.description)
    if fields.capabilities is not None:
        errors += _check_capabilities(fields.capabilities)
    if fields.language is not None:
        errors += check_locale(fields.language, path=("language",))
    if fields.sphere is not None and find_sphere(fields.sphere) is None:
        allowed = ", ".join(sphere.code for sphere in SPHERES)
        message = mark("The sphere is one of {allowed}")
        errors.append(Invalid(message, path=("sphere",), allowed=allowed))
    return errors + _check_minutes(fields.minutes)


def check_changelog(changelog: str) -> list[ChenuError]:
    return check_text(changelog, path=("changelog",), longest=MAX_CHANGELOG)


def _check_description(description: str) -> list[ChenuError]:
    """Checked as typed and as rendered, because Markdown can write characters as numeric
    references.
    """
    path = ("description",)
    errors = check_text(description, path=path, longest=MAX_DESCRIPTION)
    if not errors and turns_direction(render_markdown(description)):
        return [turned_text(path)]
    return errors


def _check_capabilities(capabilities: Sequence[str]) -> list[ChenuError]:
    if len(capabilities) > MAX_CAPABILITIES:
        message = mark("Please name at most {count} capabilities")
        return [Invalid(message, path=("capabilities",), count=MAX_CAPABILITIES)]
    errors: list[ChenuError] = []
    for index, word in enumerate(capabilities):
        errors += check_line(word, path=("capabilities", str(index)), longest=MAX_CAPABILITY)
    return errors


def _check_minutes(minutes: float | None) -> list[ChenuError]:
    if minutes is None or 0 < minutes <= DAY_MINUTES:
        return []
    message = mark("The minutes saved are more than 0 and at most {count}")
    return [Invalid(message, path=("average_minutes_saved",), count=DAY_MINUTES)]


def whole_seconds(minutes: float) -> int:
    """Minutes are shown, whole seconds are stored (product rules, ROI)."""
    return max(1, round(minutes * 60))


def normalise_capabilities(capabilities: Sequence[str]) -> list[str]:
    """Normalised by `fold_capability`, without duplicates, in the order given."""
    return list(dict.fromkeys(map(fold_capability, capabilities)))


def fold_capability(word: str) -> str:
    """The form in which capabilities are stored and searched: NFC, lower case, single spaces."""
    return " ".join(compose(compose(word).lower()).split())


def make_slug(name: str, chance: int = 2) -> str:
    """The name in lower-case ASCII with hyphens, and `chance` random bytes in hexadecimal."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:50].strip("-")
    if not words or is_reserved_handle(words):
        words = "agent"
    return f"{words}-{secrets.token_hex(chance)}"


def parse_version(number: str) -> tuple[int, int, int]:
    """Raises Invalid for text that is not three numbers, such as 1.4.0."""
    match = VERSION_NUMBER.fullmatch(number)
    if match is None:
        raise Invalid("A version number is three numbers such as 1.4.0", path=("number",))
    major, minor, patch = map(int, match.groups())
    return major, minor, patch
