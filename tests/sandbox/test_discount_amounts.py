"""What discounts take off, worked by hand from the rules that Stripe documents.

https://docs.stripe.com/billing/subscriptions/coupons
"""

from decimal import Decimal

import pytest

from chenu.sandbox.objects.discount_amounts import Discount, Discountable, amounts_off, spread


def _lines(*amounts: int) -> list[Discountable]:
    return [Discountable(amount, f"prod_{place}") for place, amount in enumerate(amounts)]


@pytest.mark.parametrize(
    ("amount", "percentage", "off"),
    [
        (1900, "50", 950),  # half of 19.00
        (999, "50", 500),  # 499.5 cents are rounded half up
        (1999, "12.5", 250),  # 249.875
        (1001, "33.33", 334),  # 333.6333
        (1999, "100", 1999),
        (0, "50", 0),
    ],
)
def test_a_percentage_is_rounded_half_up(amount: int, percentage: str, off: int) -> None:
    discount = Discount("di_1", percent_off=Decimal(percentage))

    found = amounts_off(_lines(amount), [discount])

    assert found == [[("di_1", off)] if off else []]


def test_an_amount_takes_no_more_than_there_is() -> None:
    discount = Discount("di_1", amount_off=5000)

    assert amounts_off(_lines(1900, 100), [discount]) == [[("di_1", 1900)], [("di_1", 100)]]


def test_a_discount_is_spread_over_the_lines_in_proportion() -> None:
    # 10.00 over 30.00, 20.00 and 10.00: 5.00, 3.333 and 1.666; the odd cent goes to the .666
    found = amounts_off(_lines(3000, 2000, 1000), [Discount("di_1", amount_off=1000)])

    assert found == [[("di_1", 500)], [("di_1", 333)], [("di_1", 167)]]


def test_discounts_apply_to_what_those_before_have_left() -> None:
    # 20.00 - 5.00 = 15.00, of which a tenth is 1.50
    discounts = [Discount("di_1", amount_off=500), Discount("di_2", percent_off=Decimal(10))]

    assert amounts_off(_lines(2000), discounts) == [[("di_1", 500), ("di_2", 150)]]


def test_a_discount_of_some_products_leaves_the_other_lines_alone() -> None:
    discount = Discount("di_1", percent_off=Decimal(50), products=frozenset({"prod_1"}))

    assert amounts_off(_lines(1000, 600), [discount]) == [[], [("di_1", 300)]]


def test_credits_are_not_discounted() -> None:
    discount = Discount("di_1", percent_off=Decimal(50))

    assert amounts_off(_lines(1000, -400), [discount]) == [[("di_1", 500)], []]


def test_parts_add_up() -> None:
    assert spread(100, [1, 1, 1]) == [34, 33, 33]
    assert spread(7, [0, 0]) == [0, 0]
    assert spread(2, [5, 0, 5]) == [1, 0, 1]
