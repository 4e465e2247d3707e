"""What a part of a period costs: to the second, rounded half up to a cent."""

from dataclasses import dataclass


def share(amount: int, part: int, whole: int) -> int:
    """`amount` × `part` / `whole`; the half cent is rounded away from zero."""
    if whole <= 0:
        return 0
    cents, rest = divmod(abs(amount) * part, whole)
    rounded = cents + (2 * rest >= whole)
    return -rounded if amount < 0 else rounded


@dataclass(frozen=True, slots=True)
class Span:
    """Seconds from `start` to `end`."""

    start: int
    end: int

    def rest(self, moment: int) -> int:
        """Seconds that are left at a moment: none after the end, all before the start."""
        return min(max(self.end - moment, 0), self.length)

    @property
    def length(self) -> int:
        return self.end - self.start


def unused(debited: int, span: Span, moment: int) -> int:
    """The credit, as a negative amount, for what was debited for a span and is not used up.

    Flexible billing counts from the original debit: what a change in the middle of a period had
    cost is divided by the rest of the period that it was for, not by the whole period.
    """
    return -share(debited, span.rest(moment), span.length)


def remaining(price: int, period: Span, moment: int) -> int:
    """What the rest of a period costs at a price for the whole of it."""
    return share(price, period.rest(moment), period.length)
