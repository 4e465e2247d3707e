"""The rules of coupons: what one takes off, of how many invoices, and which plans it is for.

Pure: no rows, no clock, no Stripe. docs/decisions/0026, docs/money.md "Coupons".
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum

import msgspec

from chenu.billing.recurring import BillingInterval
from chenu.core.errors import ChenuError, Invalid, RefusedError
from chenu.core.i18n import mark
from chenu.core.money import Cents
from chenu.tiers.catalogue import TIERS, TierCode, get_tier

SMALLEST_CHARGE = Cents(50)
"""Stripe charges nothing smaller, so that no coupon may leave less of any plan that it is for."""
MAX_MONTHS = 36
MAX_REDEMPTIONS = 1_000_000

SOLD = tuple(tier.code for tier in TIERS if tier.monthly_price)
"""The tiers that a coupon can be for."""

_CODE = re.compile(r"[A-Z0-9](?:-?[A-Z0-9]){3,29}", re.ASCII)
_MONTHS_OF_YEAR = 12

_BY_MONTH = mark("This code is for plans that are paid by the month")
_BY_YEAR = mark("This code is for plans that are paid by the year")
_TIERS = mark("This code is for these plans: {names}")
_ALLOWED_TIERS = mark("A coupon can be for these plans: {names}")


class CouponDuration(StrEnum):
    ONCE = "ONCE"
    REPEATING = "REPEATING"
    FOREVER = "FOREVER"


class CouponRejected(RefusedError):
    """The code is not accepted for what it was typed for."""

    code = "COUPON_REJECTED"


class DiscountTerms(msgspec.Struct, frozen=True):
    """Either per cent or cents; months only for REPEATING, counted from when a plan begins."""

    percent_off: int | None
    amount_off: Cents | None
    duration: CouponDuration
    duration_in_months: int | None

    def apply(self, price: Cents) -> Cents:
        """What is left of a price; Stripe rounds what is taken off half up to the cent."""
        if self.percent_off is not None:
            return Cents(price - (price * self.percent_off + 50) // 100)
        return Cents(max(0, price - (self.amount_off or 0)))

    def count_invoices(self, interval: BillingInterval) -> int | None:
        """How many invoices in a row it takes something off, from the first; None: all."""
        if self.duration is CouponDuration.FOREVER:
            return None
        months = self.duration_in_months
        if self.duration is CouponDuration.ONCE or months is None:
            return 1
        return months if interval is BillingInterval.MONTH else -(-months // _MONTHS_OF_YEAR)


class Quote(msgspec.Struct, frozen=True):
    """The first `discounted_invoices` (None: all) are of `first_invoice`, the others of the rest.

    A trial's invoice of nothing does not count.
    """

    first_invoice: Cents
    later_invoices: Cents
    discounted_invoices: int | None


def quote(terms: DiscountTerms, price: Cents, interval: BillingInterval) -> Quote:
    """What a plan of this price costs with the coupon. Later: once the coupon has ended."""
    count = terms.count_invoices(interval)
    reduced = terms.apply(price)
    return Quote(reduced, reduced if count is None else price, count)


def is_code(code: str) -> bool:
    """Whether it could be one, once it is normalised; everything else need not be looked for."""
    return _CODE.fullmatch(code) is not None


def normalise_code(code: str) -> str:
    """The stored and compared form: capitals, without outer white space."""
    return code.strip().upper()


class CouponInput(msgspec.Struct, frozen=True):
    """`intervals` None: months; years as well for FOREVER. `tiers` None: every tier sold."""

    code: str
    duration: CouponDuration
    percent_off: int | None = None
    amount_off: Cents | None = None
    duration_in_months: int | None = None
    starts_at: datetime | None = None
    redeem_by: datetime | None = None
    max_redemptions: int | None = None
    max_redemptions_per_customer: int = 1
    tiers: tuple[TierCode, ...] | None = None
    intervals: tuple[BillingInterval, ...] | None = None

    @property
    def terms(self) -> DiscountTerms:
        return DiscountTerms(
            self.percent_off, self.amount_off, self.duration, self.duration_in_months
        )

    @property
    def effective_tiers(self) -> tuple[TierCode, ...]:
        return SOLD if self.tiers is None else self.tiers

    @property
    def effective_intervals(self) -> tuple[BillingInterval, ...]:
        """Once and repeating apply to months only, unless the coupon names YEAR."""
        if self.intervals is not None:
            return tuple(each for each in BillingInterval if each in self.intervals)
        if self.duration is CouponDuration.FOREVER:
            return tuple(BillingInterval)
        return (BillingInterval.MONTH,)


def check_coupon(data: CouponInput, now: datetime) -> list[ChenuError]:
    """Everything that is wrong with a coupon that is to be made."""
    errors = _check_code(data.code)
    errors += _check_scope(data)
    errors += _check_amount(data, cheapest=_find_cheapest(data))
    errors += _check_months(data)
    errors += _check_window(data, now)
    errors += _check_limits(data)
    return errors


def _check_code(code: str) -> list[ChenuError]:
    if is_code(normalise_code(code)):
        return []
    message = mark("A code has 4 to 30 letters from A to Z, digits, and single dashes between them")
    return [Invalid(message, path=("code",))]


def _check_amount(data: CouponInput, cheapest: Cents | None) -> list[ChenuError]:
    percent, amount = data.percent_off, data.amount_off
    if (percent is None) == (amount is None):
        message = mark("Please give either per cent or an amount")
        return [Invalid(message, path=("percent_off",))]
    path = ("percent_off",) if amount is None else ("amount_off_minor",)
    if percent is not None and not 1 <= percent <= 99:
        return [Invalid("Per cent is a whole number from 1 to 99", path=path)]
    if amount is not None and amount < 1:
        return [Invalid("An amount is at least one cent", path=path)]
    if cheapest is not None and data.terms.apply(cheapest) < SMALLEST_CHARGE:
        message = mark(
            "At least {left} cents must be left to pay, and the cheapest plan that the coupon is "
            "for costs {price} cents"
        )
        return [Invalid(message, path=path, left=SMALLEST_CHARGE, price=cheapest)]
    return []


def _find_cheapest(data: CouponInput) -> Cents | None:
    """None where the coupon is for nothing that is sold."""
    prices = [
        tier.monthly_price if interval is BillingInterval.MONTH else tier.yearly_price
        for tier in map(get_tier, data.effective_tiers)
        for interval in data.effective_intervals
    ]
    return min((price for price in prices if price), default=None)


def _check_scope(data: CouponInput) -> list[ChenuError]:
    errors: list[ChenuError] = []
    tiers = data.effective_tiers
    if not tiers or not set(tiers) <= set(SOLD):
        errors.append(Invalid(_ALLOWED_TIERS, path=("tiers",), names=_name_tiers(SOLD)))
    if not data.effective_intervals:
        errors.append(Invalid("Please choose month, year, or both", path=("intervals",)))
    return errors


def _check_months(data: CouponInput) -> list[ChenuError]:
    path, months = ("duration_in_months",), data.duration_in_months
    if data.duration is not CouponDuration.REPEATING:
        if months is None:
            return []
        return [Invalid("Only a repeating coupon has a number of months", path=path)]
    if months is None or not 1 <= months <= MAX_MONTHS:
        message = mark("A repeating coupon lasts from 1 to {highest} months")
        return [Invalid(message, path=path, highest=MAX_MONTHS)]
    return []


def _check_window(data: CouponInput, now: datetime) -> list[ChenuError]:
    ends = data.redeem_by
    if ends is None:
        return []
    if ends <= now:
        return [Invalid("The end must lie in the future", path=("redeem_by",))]
    if data.starts_at is not None and ends <= data.starts_at:
        return [Invalid("The end must lie after the beginning", path=("redeem_by",))]
    return []


def _check_limits(data: CouponInput) -> list[ChenuError]:
    limits = {
        "max_redemptions": data.max_redemptions,
        "max_redemptions_per_customer": data.max_redemptions_per_customer,
    }
    message = mark("Please enter a whole number from 1 to {highest}")
    return [
        Invalid(message, path=(name,), highest=MAX_REDEMPTIONS)
        for name, limit in limits.items()
        if limit is not None and not 1 <= limit <= MAX_REDEMPTIONS
    ]


def check_plan(
    tiers: Sequence[TierCode] | None,
    intervals: Sequence[BillingInterval],
    wanted: tuple[TierCode, BillingInterval],
    path: tuple[str, ...],
) -> None:
    """Raises CouponRejected, naming what the coupon is for, unless it is for this plan."""
    tier, interval = wanted
    if tiers is not None and tier not in tiers:
        raise CouponRejected(_TIERS, path=path, names=_name_tiers(tiers))
    if interval not in intervals:
        is_monthly = BillingInterval.MONTH in intervals
        raise CouponRejected(_BY_MONTH if is_monthly else _BY_YEAR, path=path)


def _name_tiers(tiers: Iterable[TierCode]) -> str:
    return ", ".join(get_tier(code).name for code in tiers)
