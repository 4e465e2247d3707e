"""The split of docs/money.md; named after the mistakes of a naive implementation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chenu.agents.errors import PriceOutOfRange
from chenu.agents.model import PriceType
from chenu.agents.pricing import make_price, split_sale
from chenu.core.money import Cents

WHOLE_EURO_PRICES_THAT_FLOATS_GET_WRONG = [7, 13, 14, 26, 27, 28, 29]


@pytest.mark.parametrize("euros", range(1, 51))
def test_no_creator_loses_a_cent_to_floats(euros: int) -> None:
    split = split_sale(Cents(euros * 100))

    assert split.creator == euros * 70
    assert split.platform == euros * 30


def test_floats_would_lose_a_cent_on_seven_of_the_fifty_whole_euro_prices() -> None:
    wrong = [euros for euros in range(1, 51) if int(euros * 0.70 * 100) != euros * 70]

    assert wrong  # the naive calculation really fails with this machine's floats


@given(st.integers(0, 10**9), st.integers(0, 10**6), st.integers(0, 10**6))
def test_the_parts_always_add_up_and_the_odd_cent_is_the_creators(
    net: int, discount: int, tax: int
) -> None:
    split = split_sale(Cents(net + discount + tax), discount=Cents(discount), tax=Cents(tax))

    assert split.gross == split.discount + split.tax + split.creator + split.platform
    assert split.platform == net * 3000 // 10_000
    assert split.creator * 10_000 >= net * 7000


def test_a_discount_larger_than_the_price_is_refused() -> None:
    with pytest.raises(ValueError, match="exceed"):
        split_sale(Cents(100), discount=Cents(101))


@pytest.mark.parametrize(
    ("price_type", "amount"),
    [
        (PriceType.ONE_TIME, 99),
        (PriceType.ONE_TIME, 5001),
        (PriceType.ONE_TIME, 0),
        (PriceType.ONE_TIME, None),
        (PriceType.ONE_TIME, -100),
        (PriceType.SUBSCRIPTION, 499),
        (PriceType.SUBSCRIPTION, 2001),
        (PriceType.FREE, 1),
    ],
)
def test_a_price_outside_its_range_is_refused(price_type: PriceType, amount: int | None) -> None:
    with pytest.raises(PriceOutOfRange) as refused:
        make_price(price_type, amount)

    assert refused.value.path == ("price", "amount_minor")


@pytest.mark.parametrize(
    ("price_type", "amount"),
    [
        (PriceType.ONE_TIME, 100),
        (PriceType.ONE_TIME, 5000),
        (PriceType.SUBSCRIPTION, 500),
        (PriceType.SUBSCRIPTION, 2000),
    ],
)
def test_both_ends_of_a_range_are_allowed(price_type: PriceType, amount: int) -> None:
    assert make_price(price_type, amount).amount == amount


@pytest.mark.parametrize("amount", [None, 0])
def test_a_free_agent_costs_nothing(amount: int | None) -> None:
    assert make_price(PriceType.FREE, amount).amount == 0
