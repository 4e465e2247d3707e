"""What a brand is, and what is checked before it is stored."""

from collections.abc import Sequence
from typing import NewType
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from chenu.accounts.validation import check_line, check_locale, check_name
from chenu.branding.contrast import find_unreadable, read_colour
from chenu.core.errors import ChenuError, Invalid
from chenu.core.i18n import mark
from chenu.core.site import FooterLink

BrandId = NewType("BrandId", UUID)

MAX_NAME = 40
MAX_SENDER = 60
MAX_LABEL = 40
MOST_LINKS = 6
MOST_AGENTS = 200
_MAX_URL = 500
_IN_TEXTS = '<>{}%"\\'
"""Signs that mean something where our own texts name the brand."""

_NOT_A_COLOUR = mark("Please enter a colour as # and six digits from 0 to f, such as #1f6f63")
_UNREADABLE_LIGHT = mark(
    "On light pages {colour} reaches a contrast of {ratio}: text needs 4.5. {nearest} does"
)
_UNREADABLE_DARK = mark(
    "On dark pages {colour} reaches a contrast of {ratio}: text needs 4.5. {nearest} does"
)


class BrandInput(msgspec.Struct, frozen=True):
    """What is not given stays. None: ours, or the visitor's own, counts again.

    `agents` empty: all that are published.
    """

    name: str | UnsetType = UNSET
    sender_name: str | UnsetType = UNSET
    accent_light: str | UnsetType | None = UNSET
    accent_dark: str | UnsetType | None = UNSET
    links: Sequence[FooterLink] | UnsetType = UNSET
    locale: str | UnsetType | None = UNSET
    agents: Sequence[UUID] | UnsetType = UNSET


def check_brand(data: BrandInput) -> list[ChenuError]:
    """Checks the fields that are given."""
    errors: list[ChenuError] = []
    if data.name is not UNSET:
        errors += check_name(data.name, path=("name",), longest=MAX_NAME)
        errors += _check_signs(data.name, "name")
    if data.sender_name is not UNSET and data.sender_name.strip():
        errors += check_name(data.sender_name, path=("sender_name",), longest=MAX_SENDER)
        errors += _check_signs(data.sender_name, "sender_name")
    errors += _check_accent(data.accent_light, "accent_light", is_dark=False)
    errors += _check_accent(data.accent_dark, "accent_dark", is_dark=True)
    if data.links is not UNSET:
        errors += _check_links(data.links)
    if data.locale is not UNSET and data.locale is not None:
        errors += check_locale(data.locale)
    if data.agents is not UNSET and len(set(data.agents)) > MOST_AGENTS:
        message = mark("Please name at most {count} agents")
        errors.append(Invalid(message, path=("agents",), count=MOST_AGENTS))
    return errors


def _check_signs(text: str, field: str) -> list[ChenuError]:
    if set(_IN_TEXTS).isdisjoint(text):
        return []
    message = mark("Please enter a name without any of the signs {signs}")
    return [Invalid(message, path=(field,), signs=" ".join(_IN_TEXTS))]


def _check_accent(text: str | UnsetType | None, field: str, *, is_dark: bool) -> list[ChenuError]:
    if text is UNSET or text is None:
        return []
    colour = read_colour(text)
    if colour is None:
        return [Invalid(_NOT_A_COLOUR, path=(field,))]
    found = find_unreadable(colour, is_dark=is_dark)
    if found is None:
        return []
    message = _UNREADABLE_DARK if is_dark else _UNREADABLE_LIGHT
    values = {"colour": colour, "ratio": str(found.ratio), "nearest": found.nearest}
    return [Invalid(message, path=(field,), **values)]


def _check_links(links: Sequence[FooterLink]) -> list[ChenuError]:
    if len(links) > MOST_LINKS:
        message = mark("Please enter at most {count} links")
        return [Invalid(message, path=("links",), count=MOST_LINKS)]
    errors: list[ChenuError] = []
    for number, link in enumerate(links):
        place = ("links", str(number))
        errors += check_line(link.label, path=(*place, "label"), longest=MAX_LABEL)
        if not is_https(link.url):
            message = mark("Please enter a link that begins with https:// and names a public host")
            errors.append(Invalid(message, path=(*place, "url")))
    return errors


def is_https(url: str) -> bool:
    """A plain https address that every browser reads alike."""
    is_plain = url.isascii() and url.isprintable() and not set(url) & set(' "<>\\^`{|}')
    if not is_plain or len(url) > _MAX_URL or not url.startswith("https://"):
        return False
    try:
        parts = urlsplit(url)
        has_port = parts.port is not None
    except ValueError:
        return False
    return not has_port and "@" not in parts.netloc and "." in (parts.hostname or "")
