"""Which months the revenue page is about: some whole ones, and the last of them any month."""

from collections.abc import Sequence
from datetime import date

import msgspec

from chenu.analytics.model import Metric
from chenu.core.clock import business_now
from chenu.core.errors import Invalid
from chenu.core.i18n import mark
from chenu.core.months import Month, month_of, read_month
from storefront.forms import Fields

PATH = "/staff/revenue"
LENGTHS = (3, 6, 12, 24)
_USUAL = 12


class RevenuePeriod(msgspec.Struct, frozen=True):
    """`length` months up to `last`; `present` is the running month."""

    length: int
    last: Month
    present: Month

    @property
    def months(self) -> Sequence[Month]:
        """The oldest first."""
        found = [self.last]
        while len(found) < self.length:
            found.append(found[-1].previous())
        return found[::-1]

    @property
    def first(self) -> Month:
        return self.months[0]

    @property
    def is_running(self) -> bool:
        return self.last == self.present

    @property
    def day(self) -> date:
        """The last day that figures are of: today in the running month."""
        return business_now().date() if self.is_running else self.last.last_day

    @property
    def earlier(self) -> Month:
        return self.last.previous()

    @property
    def later(self) -> Month | None:
        return None if self.is_running else self.last.next()

    def url(self, *, length: int | None = None, last: Month | None = None) -> str:
        """Of the same page for another period."""
        return f"{PATH}?months={length or self.length}&last={last or self.last}"

    def rows_url(self, metric: Metric) -> str:
        """Of the rows behind a figure of the last month."""
        return f"{PATH}/rows/{metric.lower()}?last={self.last}"


def read_period(query: Fields) -> RevenuePeriod:
    """Twelve months up to the running one without anything. Raises Invalid."""
    return RevenuePeriod(_read_length(query), *_read_last(query))


def _read_length(query: Fields) -> int:
    typed = query.text("months") or str(_USUAL)
    if typed not in map(str, LENGTHS):
        allowed = ", ".join(map(str, LENGTHS))
        raise Invalid(mark("Please choose one of: {allowed}"), path=("months",), allowed=allowed)
    return int(typed)


def _read_last(query: Fields) -> tuple[Month, Month]:
    present = month_of(business_now())
    typed = query.text("last").strip()
    if not typed:
        return present, present
    try:
        last = read_month(typed)
    except Invalid as error:
        raise Invalid(error.message, path=("last",), **error.params) from None
    if last > present:
        raise Invalid(mark("This month is still to come: choose an earlier one"), path=("last",))
    return last, present
