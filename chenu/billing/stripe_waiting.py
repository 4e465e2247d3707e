"""What waits for a subscription in Stripe's answers: the next phase of its schedule, and a change
whose invoice is not paid.
"""

from datetime import UTC, datetime

import msgspec

from chenu.billing.recurring import BillingInterval, PendingChange, ScheduledChange
from chenu.core.money import Cents

SUBSCRIPTION_EXPAND = ("latest_invoice", "schedule.phases.items.price", "discounts.source.coupon")
"""What every answer that is a subscription spells out: one answer tells what waits and what is
taken off.
"""


_INTERVALS = {"month": BillingInterval.MONTH, "year": BillingInterval.YEAR}


class Recurring(msgspec.Struct):
    interval: str
    interval_count: int = 1


class Price(msgspec.Struct):
    id: str
    product: str
    currency: str
    unit_amount: int | None = None
    recurring: Recurring | None = None


class Tax(msgspec.Struct):
    amount: int


class LatestInvoice(msgspec.Struct):
    id: str
    hosted_invoice_url: str | None = None
    status: str | None = None
    total: int = 0
    total_taxes: list[Tax] | None = None

    @property
    def issued_amounts(self) -> tuple[Cents, Cents]:
        """Total and VAT; zero of a draft, whose VAT is not known yet."""
        if self.status == "draft":
            return Cents(0), Cents(0)
        return Cents(self.total), Cents(sum(each.amount for each in self.total_taxes or ()))


class PhaseItem(msgspec.Struct):
    price: Price


class Phase(msgspec.Struct):
    start_date: int
    items: list[PhaseItem]


class CurrentPhase(msgspec.Struct):
    end_date: int


class Schedule(msgspec.Struct):
    id: str
    phases: list[Phase]
    current_phase: CurrentPhase | None = None


class PendingItem(msgspec.Struct):
    price: Price


class PendingUpdate(msgspec.Struct):
    expires_at: int
    subscription_items: list[PendingItem] | None = None


def read_time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def interval_of(price: Price) -> BillingInterval | None:
    """None for one that we do not sell: by the week, by the day, or of several months."""
    if price.recurring is None:
        return BillingInterval.MONTH
    is_known = price.recurring.interval in _INTERVALS and price.recurring.interval_count == 1
    return _INTERVALS[price.recurring.interval] if is_known else None


def find_scheduled(schedule: Schedule | None) -> ScheduledChange | None:
    """The phase after the current one, at a price such as ours; None in the last, after which the
    schedule is released.
    """
    if schedule is None or schedule.current_phase is None:
        return None
    end = schedule.current_phase.end_date
    phase = next((each for each in schedule.phases if each.start_date >= end), None)
    if phase is None:
        return None
    price = phase.items[0].price
    interval = interval_of(price)
    if interval is None:
        return None
    return ScheduledChange(price.product, interval, read_time(phase.start_date))


def find_pending(
    update: PendingUpdate | None, invoice: LatestInvoice | None
) -> PendingChange | None:
    if update is None or invoice is None or not update.subscription_items:
        return None
    price = update.subscription_items[0].price
    interval = interval_of(price)
    if interval is None:
        return None
    return PendingChange(
        price.product,
        price.id,
        interval,
        invoice.id,
        invoice.hosted_invoice_url,
        read_time(update.expires_at),
    )
