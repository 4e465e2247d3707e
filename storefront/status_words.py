"""Availability in words: states of the service, and figures to three decimals."""

from decimal import Decimal

from babel.numbers import format_percent

from chenu.availability.status import ServiceState
from chenu.core.i18n import Locale, mark

SERVICE_STATES = {
    ServiceState.OPERATIONAL: mark("Everything works"),
    ServiceState.DEGRADED: mark("Available, with less capacity"),
    ServiceState.DOWN: mark("Not available"),
    ServiceState.MAINTENANCE: mark("Announced maintenance"),
    ServiceState.UNKNOWN: mark("Nothing was measured yet"),
}
_WHOLE = 100_000


def show_availability(thousandths: int | None, locale: Locale) -> str:
    """Thousandths of a percent, always with three decimals: 99.900 stays 99.900."""
    if thousandths is None:
        return "–"
    return format_percent(Decimal(thousandths) / _WHOLE, "#,##0.000 %", locale=locale)
