"""Value added tax, worked by hand: part of the price, or on top of it."""

from decimal import Decimal

import pytest

from chenu.sandbox.objects.tax_amounts import rate_for, tax_on


@pytest.mark.parametrize(
    ("net", "percent", "inclusive", "on_top"),
    [
        (1200, 20, (200, 1000), (240, 1200)),  # 12.00 contain 2.00 of 20 %
        (1900, 20, (317, 1583), (380, 1900)),  # 19.00 / 1.2 = 15.8333
        (1190, 19, (190, 1000), (226, 1190)),  # 226.1
        (999, 19, (160, 839), (190, 999)),  # 159.504; 189.81
        (-1200, 20, (-200, -1000), (-240, -1200)),
        (1900, 0, (0, 1900), (0, 1900)),
    ],
)
def test_tax_is_rounded_half_up(
    net: int, percent: int, inclusive: tuple[int, int], on_top: tuple[int, int]
) -> None:
    assert tax_on(net, Decimal(percent), is_inclusive=True) == inclusive
    assert tax_on(net, Decimal(percent), is_inclusive=False) == on_top


@pytest.mark.parametrize(
    ("country", "exempt", "vat", "percent", "reason"),
    [
        ("FR", "none", [], 20, "standard_rated"),
        ("DE", "none", [], 19, "standard_rated"),
        ("DE", "none", ["DE"], 0, "reverse_charge"),
        ("FR", "none", ["FR"], 20, "standard_rated"),
        ("US", "none", [], 0, "not_collecting"),
        ("FR", "exempt", [], 0, "customer_exempt"),
        ("FR", "reverse", [], 0, "reverse_charge"),
    ],
)
def test_the_country_and_a_vat_number_decide_about_the_rate(
    country: str, exempt: str, vat: list[str], percent: int, reason: str
) -> None:
    rate = rate_for(country, exempt=exempt, vat_countries=vat)

    assert rate is not None
    assert (int(rate.percent), rate.reason) == (percent, reason)


def test_without_a_country_there_is_no_rate() -> None:
    assert rate_for(None, exempt="none", vat_countries=[]) is None
