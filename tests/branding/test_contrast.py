"""Colours that can be read: WCAG's own numbers, and the nearest colour that passes."""

import re
from pathlib import Path

import pytest

from chenu.branding.contrast import (
    AA,
    GROUNDS_DARK,
    GROUNDS_LIGHT,
    contrast,
    find_unreadable,
    read_colour,
)

_TOKENS = Path(__file__).parents[2] / "storefront/static/css/tokens.css"
_GROUNDS = ("--sand", "--paper", "--well", "--gold-ground", "--good-ground", "--bad-ground")


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [("#000000", "#ffffff", 21), ("#777777", "#ffffff", 4.48), ("#1f6f63", "#ffffff", 5.97)],
)
def test_contrast_is_what_wcag_says(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == pytest.approx(ratio, abs=0.01)
    assert contrast(other, one) == contrast(one, other)


@pytest.mark.parametrize("is_dark", [False, True])
@pytest.mark.parametrize("colour", ["#ff8800", "#777777", "#ffffff", "#000000", "#0a0aff"])
def test_the_nearest_colour_passes_and_one_that_passes_is_left_alone(
    colour: str, is_dark: bool
) -> None:
    found = find_unreadable(colour, is_dark=is_dark)

    if found is not None:
        assert found.ratio < AA
        assert find_unreadable(found.nearest, is_dark=is_dark) is None
        assert found.nearest != colour


def test_the_nearest_colour_is_hardly_another() -> None:
    found = find_unreadable("#1f9083", is_dark=False)

    assert found is not None
    assert found.nearest.startswith(("#1a7", "#197", "#187"))


def test_the_grounds_are_those_of_the_style_sheet() -> None:
    light, dark, *_ = re.split(
        r"@media screen and \(prefers-color-scheme: dark\)", _TOKENS.read_text()
    )

    for text, grounds in ((light, GROUNDS_LIGHT), (dark, GROUNDS_DARK)):
        shown = {match[1] for name in _GROUNDS for match in re.finditer(f"{name}: (#\\w+);", text)}
        assert len(shown) == len(_GROUNDS)
        assert shown <= set(grounds)


@pytest.mark.parametrize(
    "text", ["", "#fff", "red", "#12345g", "#1234567", "rgb(1,2,3)", "#١٢٣٤٥٦"]
)
def test_what_is_no_colour_is_none(text: str) -> None:
    assert read_colour(text) is None


def test_a_colour_is_read_as_people_write_it() -> None:
    assert read_colour(" 1F6F63 ") == "#1f6f63"
