"""The arithmetic of coupons by itself: no cent is lost, no plan becomes free."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chenu.billing.coupon_rules import (
    SMALLEST_CHARGE,
    SOLD,
    CouponDuration,
    CouponInput,
    DiscountTerms,
    check_coupon,
    quote,
)
from chenu.billing.coupons import find_code, stripe_id_of
from chenu.billing.recurring import BillingInterval
from chenu.core.money import Cents
from chenu.tiers.catalogue import get_tier

NOW = datetime(2026, 11, 1, tzinfo=UTC)
MONTH, YEAR = BillingInterval.MONTH, BillingInterval.YEAR


def per_cent(percent: int) -> DiscountTerms:
    return DiscountTerms(percent, None, CouponDuration.ONCE, None)


@pytest.mark.parametrize(
    ("price", "percent", "left"),
    [(2900, 50, 1450), (999, 50, 499), (999, 33, 669), (101, 1, 100), (150, 1, 148)],
)
def test_what_is_taken_off_is_rounded_half_up(price: int, percent: int, left: int) -> None:
    assert per_cent(percent).apply(Cents(price)) == left


@given(
    percent=st.integers(1, 99),
    price=st.integers(1, 10**9),
)
def test_per_cent_is_never_off_by_more_than_half_a_cent(percent: int, price: int) -> None:
    taken = price - per_cent(percent).apply(Cents(price))

    assert abs(100 * taken - price * percent) <= 50


def test_an_amount_takes_no_more_than_there_is() -> None:
    terms = DiscountTerms(None, Cents(1000), CouponDuration.ONCE, None)

    assert terms.apply(Cents(2900)) == 1900
    assert terms.apply(Cents(900)) == 0


@pytest.mark.parametrize(
    ("months", "interval", "invoices"),
    [(1, MONTH, 1), (3, MONTH, 3), (1, YEAR, 1), (12, YEAR, 1), (13, YEAR, 2), (36, YEAR, 3)],
)
def test_months_are_invoices_in_a_row(
    months: int, interval: BillingInterval, invoices: int
) -> None:
    terms = DiscountTerms(50, None, CouponDuration.REPEATING, months)

    assert terms.count_invoices(interval) == invoices


def test_a_coupon_for_ever_reduces_every_invoice_and_others_the_first_ones() -> None:
    ever = quote(DiscountTerms(20, None, CouponDuration.FOREVER, None), Cents(2900), MONTH)
    once = quote(per_cent(20), Cents(2900), MONTH)

    assert (ever.first_invoice, ever.later_invoices, ever.discounted_invoices) == (2320, 2320, None)
    assert (once.first_invoice, once.later_invoices, once.discounted_invoices) == (2320, 2900, 1)


@given(
    percent=st.none() | st.integers(-5, 120),
    amount=st.none() | st.integers(-5, 120_000),
    duration=st.sampled_from(CouponDuration),
    tiers=st.none() | st.sets(st.sampled_from(SOLD), min_size=1).map(tuple),
)
def test_whatever_passes_leaves_something_to_pay_of_every_plan(
    percent: int | None,
    amount: int | None,
    duration: CouponDuration,
    tiers: tuple[object, ...] | None,
) -> None:
    data = CouponInput(
        code="FUZZ",
        duration=duration,
        percent_off=percent,
        amount_off=None if amount is None else Cents(amount),
        duration_in_months=3 if duration is CouponDuration.REPEATING else None,
        tiers=tiers,  # type: ignore[arg-type]
    )
    if check_coupon(data, NOW):
        return

    for tier in map(get_tier, data.effective_tiers):
        for interval in data.effective_intervals:
            price = tier.monthly_price if interval is MONTH else tier.yearly_price
            assert price is not None
            assert SMALLEST_CHARGE <= data.terms.apply(price) < price


def test_a_coupon_at_stripe_is_known_by_its_code() -> None:
    assert find_code(stripe_id_of("SPRING-26")) == "SPRING-26"
    assert find_code("somebody-elses") is None
