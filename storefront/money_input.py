"""Parses amounts and minutes as people write them, exactly: no float ever holds an amount."""

import re

from chenu.core.errors import Invalid
from chenu.core.i18n import Locale

_EUROS = re.compile(r"([0-9]{1,7})(?:[.,]([0-9]{2}))?")
_MINUTES = re.compile(r"[0-9]{1,5}(?:[.,][0-9]{1,3})?")
_DECORATION = str.maketrans("", "", "€ \u00a0\u202f")


def parse_euros(text: str, field: str) -> int:
    """'9', '9,00' or '9.00' (with or without €) as cents; raises Invalid naming the field."""
    match = _EUROS.fullmatch(text.strip().translate(_DECORATION))
    if match is None:
        raise Invalid("Please enter an amount in euros such as 9.00 or 9,00", path=(field,))
    euros, cents = match.groups()
    return int(euros) * 100 + int(cents or 0)


def parse_minutes(text: str, field: str) -> float:
    """'14' or '7,5'; raises Invalid naming the field."""
    if not _MINUTES.fullmatch(text.strip()):
        raise Invalid("Please enter a number of minutes such as 15", path=(field,))
    return float(text.strip().replace(",", "."))


def show_euros(cents: int, locale: Locale) -> str:
    """For a form field, in the format that `parse_euros` reads."""
    return f"{cents // 100}{',' if locale == 'fr' else '.'}{cents % 100:02d}"
