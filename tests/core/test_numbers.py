"""Numbers as people read them."""

from decimal import Decimal

import pytest

from chenu.core.numbers import format_number, format_percent, format_signed


@pytest.mark.parametrize(
    ("value", "locale", "shown", "signed"),
    [
        (-1200, "fr", "\u22121\u202f200", "\u22121\u202f200"),
        (-1200, "en", "\u22121,200", "\u22121,200"),
        (300, "en", "300", "+300"),
        (0, "fr", "0", "0"),
    ],
)
def test_less_than_nothing_has_the_sign_of_minus(
    value: int, locale: str, shown: str, signed: str
) -> None:
    assert format_number(value, locale) == shown
    assert format_signed(value, locale) == signed


@pytest.mark.parametrize(
    ("rate", "locale", "shown"),
    [
        ("20.55", "fr", "2055\xa0%"),
        ("20.55", "en", "2055%"),
        ("261.50", "fr", "26\u202f150\xa0%"),
        ("261.50", "en", "26,150%"),
        ("-261.50", "en", "\u221226,150%"),
        ("-1", "fr", "\u2212100\xa0%"),
    ],
)
def test_per_cent_are_grouped_from_five_digits_on(rate: str, locale: str, shown: str) -> None:
    text = format_percent(Decimal(rate), locale)

    assert text.replace("\u202f%", "\xa0%") == shown
