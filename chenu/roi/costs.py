"""What was paid, spread over the days that it was paid for. Pure: amounts are without VAT."""

from collections.abc import Sequence
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

import msgspec

from chenu.core.money import Cents
from chenu.roi.periods import Span

_ONE_DAY = timedelta(days=1)


class CostKind(StrEnum):
    PLAN = "PLAN"
    AGENT = "AGENT"
    PACK = "PACK"


class PaidPeriod(msgspec.Struct, frozen=True):
    """A line of a plan's invoice: its amount, below zero for unused time, and its days.

    `end` is the first day that it is not for.
    """

    amount: Cents
    first: date
    end: date


class PaidItem(msgspec.Struct, frozen=True):
    """What was paid without VAT, refunds off. `periods` is empty for what is paid once.

    `reference` is an invoice's number or a pack's code; `agent_id` is that of a bought agent.
    """

    kind: CostKind
    reference: str
    paid_on: date
    paid: Cents
    periods: Sequence[PaidPeriod] = ()
    agent_id: UUID | None = None

    @property
    def covered(self) -> Span:
        """From the first day that it is for to the last."""
        shares = spread(self)
        last = max(share.end for share in shares) - _ONE_DAY
        return Span(min(share.first for share in shares), last)


class Share(msgspec.Struct, frozen=True):
    """A part of what was paid, spread evenly over its days, to the cent."""

    amount: Cents
    first: date
    end: date

    def within(self, span: Span) -> Cents:
        days = (self.end - self.first).days
        before = _clamp((span.first - self.first).days, days)
        until = _clamp((span.last - self.first).days + 1, days)
        return Cents(self.amount * until // days - self.amount * before // days)


def _clamp(value: int, highest: int) -> int:
    return max(0, min(value, highest))


def spread(item: PaidItem) -> list[Share]:
    """The shares of an item, which sum to what was paid.

    Each line of an invoice gets its part of the payment over its own days, so that a line for
    unused time takes off what an earlier invoice has put on the same days. What was paid beyond
    the lines, such as a small debt of before, is of the day paid.
    """
    total = sum(period.amount for period in item.periods)
    if total <= 0:
        return [_on_one_day(item.paid, item.paid_on)]
    spreading = min(item.paid, total)
    shares: list[Share] = []
    so_far = 0
    for period in item.periods:
        before, so_far = so_far, so_far + period.amount
        amount = Cents(spreading * so_far // total - spreading * before // total)
        end = max(period.end, period.first + _ONE_DAY)
        shares.append(Share(amount, period.first, end))
    if item.paid > spreading:
        shares.append(_on_one_day(Cents(item.paid - spreading), item.paid_on))
    return shares


def _on_one_day(amount: Cents, day: date) -> Share:
    return Share(amount, day, day + _ONE_DAY)


def cost_within(item: PaidItem, span: Span) -> Cents:
    return Cents(sum(share.within(span) for share in spread(item)))
