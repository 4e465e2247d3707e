"""Weighted headers as clients and attackers write them."""

import pytest

from chenu.core.i18n import best_locale
from chenu.core.negotiation import (
    asks_for_html,
    prefers_gzip,
    read_weights,
    weight_of_media_type,
)

LANGUAGES = [
    ("fr;q=0.1, en;q=0.9", "en"),
    ("en;q=0.1, fr;q=0.9", "fr"),
    ("EN", "en"),
    ("en-GB", "en"),
    ("en-us,de;q=0.9", "en"),
    ("en_GB", "en"),
    ("FR-ca", "fr"),
    ("en;q=0.5, fr;q=0.5", "en"),
    ("fr, en", "fr"),
    ("de, en;q=0.3", "en"),
    ("de", "fr"),
    ("*", "fr"),
    ("*, fr;q=0.1", "en"),
    ("*;q=0.5, en;q=0.1", "fr"),
    ("fr;q=0, *", "en"),
    ("fr;q=0", "en"),
    ("FR;Q=0.000", "en"),
    ("fr-CA;q=0", "fr"),
    ("en;q=0", "fr"),
    ("fr;q=0, en;q=0", "fr"),
    ("de, fr;q=0", "en"),
    ("en-US;q=0.2, fr;q=0.5, en;q=0.9", "en"),
    ("fr;q=nonsense, en;q=0.1", "en"),
    ("fr;q=, en;q=0.1", "en"),
    ("fr;q=1.5, en;q=0.1", "en"),
    ("fr;q=-1, en;q=0.1", "en"),
    ("fr;q=nan, en;q=0.1", "en"),
    ("fr;q=1e-1, en;q=0.1", "en"),
    ("fr;q=\u0661, en;q=0.1", "en"),
    ("fr ; q=0.1 , en ; q = 0.9", "en"),
    ("fr;q=0.1;x=y, en", "en"),
    ("fr;level=1;q=0.1, en;q=0.2", "en"),
    (", ,;,en", "en"),
    ("\xff\xfe", "fr"),
    ("\x00", "fr"),
    (";q=1", "fr"),
    ("en" * 50_000, "fr"),
    ("de," * 50_000 + "en", "fr"),
    ("en," + "x;q=0." + "9" * 50_000, "en"),
]


@pytest.mark.parametrize(("header", "locale"), LANGUAGES, ids=[each[0][:40] for each in LANGUAGES])
def test_the_language_wanted_most_is_spoken(header: str, locale: str) -> None:
    assert best_locale(header) == locale


ENCODINGS = [
    ("gzip", True),
    ("GZIP", True),
    ("x-gzip", True),
    ("gzip, deflate, br", True),
    ("gzip;q=0.001", True),
    ("gzip;q=1.0, identity;q=0.5, *;q=0", True),
    ("br, *;q=0.1", True),
    ("*", True),
    ("identity;q=0", True),
    ("identity;q=0, *;q=0.5", True),
    ("*;q=0, gzip", True),
    ("", False),
    ("gzip;q=0", False),
    ("gzip; q=0.0", False),
    ("GZIP;Q=0", False),
    ("gzip;q=0, *", False),
    ("*;q=0", False),
    ("identity", False),
    ("br", False),
    ("gzipped", False),
    ("not-gzip", False),
    ("gzip;q=0.5, identity", False),
    ("gzip;q=nonsense", False),
    ("gzip;q=0, identity;q=0", False),
    ("\xe9", False),
]


@pytest.mark.parametrize(("header", "is_gzip"), ENCODINGS)
def test_bodies_are_compressed_for_those_who_want_that(header: str, *, is_gzip: bool) -> None:
    assert prefers_gzip(header) is is_gzip


ACCEPTS = [
    ("text/html", True),
    ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", True),
    ("TEXT/HTML; charset=utf-8", True),
    ("application/json;q=0.5, text/html;q=0.6", True),
    ("", False),
    ("*/*", False),
    ("text/*", False),
    ("application/json", False),
    ("text/html;q=0", False),
    ("text/html;q=0.1, application/json", False),
    ("text/html;q=0.1, */*", False),
    ("text/html-like", False),
    ("text/html;q=x", False),
    ("\xff", False),
]


@pytest.mark.parametrize(("header", "is_html"), ACCEPTS)
def test_browsers_alone_ask_for_html(header: str, *, is_html: bool) -> None:
    assert asks_for_html(header) is is_html


@pytest.mark.parametrize(
    ("header", "weight"),
    [
        ("", 1),
        ("application/json;q=0.3", 0.3),
        ("application/*;q=0.4, */*;q=0.1", 0.4),
        ("*/*;q=0.1", 0.1),
        ("*/*, application/json;q=0", 0),
        ("text/html", 0),
        ("Application/JSON", 1),
    ],
)
def test_the_closest_range_says_how_gladly_a_type_is_taken(header: str, weight: float) -> None:
    assert weight_of_media_type(header, "application/json") == weight


def test_no_header_is_read_for_long() -> None:
    """Only the first entries are read: more would be an attack."""
    assert len(read_weights(",".join(f"x{n}" for n in range(10_000)))) == 50
