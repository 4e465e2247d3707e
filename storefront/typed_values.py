"""Whole numbers and days as people write them in forms; each error names its field."""

from datetime import UTC, date, datetime, time

from chenu.core.errors import Invalid
from chenu.core.i18n import mark


def read_number(text: str, field: str) -> int | None:
    """None for an empty field; raises Invalid."""
    typed = "".join(text.split())
    if not typed:
        return None
    try:
        return int(typed)
    except ValueError:
        raise Invalid("Please enter a whole number", path=(field,)) from None


def read_day(text: str, field: str) -> datetime | None:
    """The beginning of the day, UTC; None for an empty field; raises Invalid."""
    typed = text.strip()
    if not typed:
        return None
    try:
        return datetime.combine(date.fromisoformat(typed), time(), UTC)
    except ValueError:
        message = mark("Please enter a date such as 2026-12-31")
        raise Invalid(message, path=(field,)) from None


def require_day(text: str, field: str) -> datetime:
    """The same for a field that may not be empty."""
    found = read_day(text, field)
    if found is None:
        raise Invalid(mark("Please enter a date such as 2026-12-31"), path=(field,))
    return found


def require_minute(text: str, field: str) -> datetime:
    """A moment of UTC as browsers write it in a field for date and time; raises Invalid."""
    typed = text.strip().removesuffix("Z").replace(" ", "T")
    try:
        found = datetime.fromisoformat(typed)
    except ValueError:
        found = None
    if found is None or found.tzinfo is not None or len(typed) < len("2026-12-31T12:00"):
        message = mark("Please enter a date and time of UTC such as 2026-12-31 12:00")
        raise Invalid(message, path=(field,))
    return found.replace(tzinfo=UTC)
