"""Amounts are integers of cents from the form to the ledger."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chenu.core.money import BasisPoints, Cents, format_cents, share_down


@pytest.mark.parametrize(
    ("amount", "locale", "shown"),
    [
        (900, "fr", "9,00\xa0€"),
        (900, "en", "€9.00"),
        (123456, "fr", "1\u202f234,56\xa0€"),
        (-5, "en", "−€0.05"),
        (-123456, "fr", "−1\u202f234,56\xa0€"),
        (0, "fr", "0,00\xa0€"),
    ],
)
def test_an_amount_is_shown_to_the_cent(amount: int, locale: str, shown: str) -> None:
    assert format_cents(Cents(amount), locale) == shown


@given(st.integers(0, 10**12), st.integers(0, 10_000))
def test_a_share_is_rounded_down_and_never_exceeds_the_whole(amount: int, rate: int) -> None:
    share = share_down(Cents(amount), BasisPoints(rate))

    assert 0 <= share <= amount
    assert share * 10_000 <= amount * rate < (share + 1) * 10_000


def test_a_share_of_a_debt_is_refused() -> None:
    with pytest.raises(ValueError, match="non-negative"):
        share_down(Cents(-1), BasisPoints(3000))
