"""Periods and prorations, worked by hand from the rules that Stripe documents.

https://docs.stripe.com/billing/subscriptions/billing-cycle and
https://docs.stripe.com/billing/subscriptions/prorations
"""

from datetime import UTC, datetime

import pytest

from chenu.sandbox.contract import shapes
from chenu.sandbox.objects.billing_periods import Interval, next_boundary
from chenu.sandbox.objects.invoice_lines import fill_totals
from chenu.sandbox.objects.proration import Span, remaining, share, unused


def _at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("anchor", "interval", "ends"),
    [
        ("2030-01-31", Interval("month"), ["2030-02-28", "2030-03-31", "2030-04-30"]),
        ("2028-01-31", Interval("month"), ["2028-02-29", "2028-03-31", "2028-04-30"]),
        ("2030-11-30", Interval("month"), ["2030-12-30", "2031-01-30", "2031-02-28"]),
        ("2030-08-31", Interval("month", 3), ["2030-11-30", "2031-02-28", "2031-05-31"]),
        ("2028-02-29", Interval("year"), ["2029-02-28", "2030-02-28", "2031-02-28", "2032-02-29"]),
        ("2030-12-15", Interval("year"), ["2031-12-15", "2032-12-15"]),
        ("2030-03-30", Interval("week", 2), ["2030-04-13", "2030-04-27"]),
        ("2030-03-30", Interval("day"), ["2030-03-31", "2030-04-01"]),
    ],
    ids=["31st", "31st-leap", "30th", "quarters", "leap-day", "year", "weeks", "days"],
)
def test_periods_are_counted_from_the_anchor(
    anchor: str, interval: Interval, ends: list[str]
) -> None:
    moment, found = _at(anchor), []

    for _ in ends:
        moment = next_boundary(_at(anchor), interval, moment)
        found.append(f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d}")

    assert found == ends


def test_a_period_ends_at_the_hour_of_the_anchor_in_summer_and_in_winter() -> None:
    end = next_boundary(_at("2030-03-15T22:30"), Interval("month"), _at("2030-03-15T22:30"))

    assert end == _at("2030-04-15T22:30")


def test_an_anchor_in_the_future_is_the_first_end() -> None:
    end = next_boundary(_at("2030-03-15"), Interval("month"), _at("2030-03-01"))

    assert end == _at("2030-03-15")


@pytest.mark.parametrize(
    ("amount", "part", "whole", "cents"),
    [(1000, 1, 2, 500), (999, 1, 2, 500), (-999, 1, 2, -500), (100, 1, 3, 33), (200, 1, 3, 67)],
    ids=["half", "half-cent-up", "half-cent-of-a-credit", "third", "two-thirds"],
)
def test_a_share_is_rounded_half_up(amount: int, part: int, whole: int, cents: int) -> None:
    assert share(amount, part, whole) == cents


def test_an_upgrade_in_the_middle_of_a_month_costs_half_of_the_difference() -> None:
    # Stripe's own example: from 10 to 20 halfway through: 5 back, 10 for the rest, 5 to pay.
    april = Span(_at("2030-04-01"), _at("2030-05-01"))
    middle = _at("2030-04-16")

    assert unused(1000, april, middle) == -500
    assert remaining(2000, april, middle) == 1000


def test_seconds_count() -> None:
    # June has 2 592 000 seconds. One second before the end, 1/2592000 of 9900 cents is 0.004 cents;
    # 132 seconds before, 132 × 9900 / 2592000 = 0.504 cents, which is one.
    june = Span(_at("2030-06-01"), _at("2030-07-01"))

    assert unused(9900, june, june.end - 1) == 0
    assert unused(9900, june, june.end - 130) == 0
    assert unused(9900, june, june.end - 132) == -1


def test_a_second_change_credits_what_the_first_one_had_debited() -> None:
    # 10.00 for 20 of 30 days are 666.67, debited 667. Ten days later half of that is left: 333.5,
    # credited 334. Classic billing would take 1000 × 10 / 30 = 333.33, credited 333.
    june = Span(_at("2030-06-01"), _at("2030-07-01"))
    rest = Span(_at("2030-06-11"), _at("2030-07-01"))

    debit = remaining(1000, june, rest.start)

    assert debit == 667
    assert unused(debit, rest, _at("2030-06-21")) == -334


def test_nothing_is_left_after_the_end_and_all_before_the_start() -> None:
    june = Span(_at("2030-06-01"), _at("2030-07-01"))

    assert unused(3000, june, june.end + 5) == 0
    assert unused(3000, june, june.start - 5) == -3000


def test_totals_are_the_sum_of_the_lines_less_discounts_plus_taxes_on_top() -> None:
    # 30.00 less 5.00 leaves 25.00; 20 % on top of it are 5.00, together 30.00. A credit of 10.00
    # has nothing of either. 40.00 including 20 % hold 6.67 of tax.
    def line(amount: int, off: int = 0, tax: int = 0, behavior: str = "exclusive") -> object:
        taxes = [
            {
                "amount": tax,
                "tax_behavior": behavior,
                "tax_rate_details": {"tax_rate": "txr_1"},
                "taxability_reason": "standard_rated",
                "taxable_amount": amount - off,
                "type": "tax_rate_details",
            }
        ]
        discounts = [{"amount": off, "discount": "di_1"}]
        return shapes.new(
            "line_item",
            amount=amount,
            discount_amounts=discounts if off else [],
            taxes=taxes if tax else [],
        )

    invoice = shapes.new("invoice")
    invoice["lines"]["data"] = [line(3000, 500, 500), line(-1000), line(4000, 0, 667, "inclusive")]

    fill_totals(invoice)

    assert (invoice["subtotal"], invoice["total"]) == (6000, 6000)
    assert invoice["total_discount_amounts"] == [{"amount": 500, "discount": "di_1"}]
    assert invoice["total_excluding_tax"] == 6000 - 500 - 667
    assert [one["amount"] for one in invoice["total_taxes"]] == [500, 667]
    assert (invoice["amount_due"], invoice["amount_remaining"]) == (6000, 6000)


def test_an_invoice_of_credits_leaves_nothing_to_pay() -> None:
    invoice = shapes.new("invoice")
    invoice["lines"]["data"] = [shapes.new("line_item", amount=-1500)]

    fill_totals(invoice)

    assert (invoice["total"], invoice["amount_due"]) == (-1500, 0)
