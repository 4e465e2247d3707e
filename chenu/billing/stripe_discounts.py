"""What Stripe says of a subscription's discounts, where it is asked to spell them out."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec

from chenu.billing.recurring import DiscountState
from chenu.core.money import Cents


class _Coupon(msgspec.Struct):
    id: str
    duration: str
    name: str | None = None
    percent_off: Any = None
    amount_off: int | None = None


class _Source(msgspec.Struct):
    coupon: _Coupon | None = None


class StripeDiscount(msgspec.Struct):
    source: _Source
    end: int | None = None


def find_discount(discounts: Iterable[StripeDiscount]) -> DiscountState | None:
    """The first: we give a subscription one, and so does Stripe's dashboard."""
    for discount in discounts:
        coupon = discount.source.coupon
        if coupon is not None:
            return _describe(coupon, discount.end)
    return None


def _describe(coupon: _Coupon, end: int | None) -> DiscountState:
    return DiscountState(
        coupon_id=coupon.id,
        name=coupon.name or coupon.id,
        percent_off=None if coupon.percent_off is None else int(coupon.percent_off),
        amount_off=None if coupon.amount_off is None else Cents(coupon.amount_off),
        duration=coupon.duration,
        ends_at=None if end is None else datetime.fromtimestamp(end, UTC),
    )
