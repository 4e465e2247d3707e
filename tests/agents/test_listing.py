"""Fields of a listing: each error names its field; slugs and versions follow the rules."""

import re
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chenu.agents.listing import (
    ListingFields,
    check_changelog,
    check_listing,
    make_slug,
    normalise_capabilities,
    parse_version,
    whole_seconds,
)
from chenu.core.errors import Invalid

ANY_TEXT = st.text(st.characters())
NAN = float("nan")


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        (ListingFields(name="x"), ("name",)),
        (ListingFields(name="x" * 61), ("name",)),
        (ListingFields(name="a\tb"), ("name",)),
        (ListingFields(tagline=""), ("tagline",)),
        (ListingFields(tagline="x" * 121), ("tagline",)),
        (ListingFields(description=" \n "), ("description",)),
        (ListingFields(description="x" * 20_001), ("description",)),
        (ListingFields(description="a\x00b"), ("description",)),
        (ListingFields(description="a\ud800b"), ("description",)),
        (ListingFields(capabilities=["x"] * 11), ("capabilities",)),
        (ListingFields(capabilities=["ok", ""]), ("capabilities", "1")),
        (ListingFields(capabilities=["x" * 41]), ("capabilities", "0")),
        (ListingFields(capabilities=["a\nb"]), ("capabilities", "0")),
        (ListingFields(language="de"), ("language",)),
        (ListingFields(sphere="SPACE"), ("sphere",)),
        (ListingFields(sphere=""), ("sphere",)),
        (ListingFields(minutes=0), ("average_minutes_saved",)),
        (ListingFields(minutes=-1), ("average_minutes_saved",)),
        (ListingFields(minutes=1441), ("average_minutes_saved",)),
        (ListingFields(minutes=NAN), ("average_minutes_saved",)),
        (ListingFields(minutes=float("inf")), ("average_minutes_saved",)),
    ],
    ids=lambda value: str(value)[:60],
)
def test_each_fault_names_its_field(fields: ListingFields, path: tuple[str, ...]) -> None:
    assert [error.path for error in check_listing(fields)] == [path]


def test_all_faults_are_reported_together() -> None:
    fields = ListingFields("", "", "", ["", ""], "de", "SPACE", 0.0)

    paths = [error.path[0] for error in check_listing(fields)]

    assert paths == [
        "name", "tagline", "description", "capabilities", "capabilities", "language", "sphere",
        "average_minutes_saved",
    ]  # fmt: skip


def test_what_is_not_given_is_not_checked() -> None:
    assert ListingFields().is_empty
    assert check_listing(ListingFields()) == []
    assert not ListingFields(capabilities=[]).is_empty


def test_the_longest_of_everything_is_accepted() -> None:
    fields = ListingFields(
        "x" * 60, "x" * 120, "x" * 20_000, ["x" * 40] * 10, "en", "MY_TEAM", 1440.0
    )

    assert check_listing(fields) == []


@given(ANY_TEXT)
def test_an_accepted_text_can_be_stored(text: str) -> None:
    fields = ListingFields(name=text, tagline=text, description=text, capabilities=[text])

    if not check_listing(fields):
        text.encode()
        assert "\x00" not in text


@pytest.mark.parametrize(
    "text", ["", "   ", "x" * 5001, "a\x00", "\udfff"], ids=lambda t: repr(t)[:9]
)
def test_a_changelog_says_something(text: str) -> None:
    assert [error.path for error in check_changelog(text)] == [("changelog",)]


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        (["Planning", "planning", " PLANNING "], ["planning"]),
        (["two  words", "É"], ["two words", "é"]),
        ([], []),
        (["b", "a"], ["b", "a"]),
        (["e\u0301tude", "\u00c9TUDE", "E\u0301tude"], ["\u00e9tude"]),
        (["\u212bngstr\u00f6m"], ["\u00e5ngstr\u00f6m"]),
    ],
)
def test_capabilities_are_lower_case_without_twins_in_order(
    given: Sequence[str], stored: list[str]
) -> None:
    assert normalise_capabilities(given) == stored


@given(ANY_TEXT)
def test_an_address_is_always_made_of_plain_letters(name: str) -> None:
    slug = make_slug(name)

    assert re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*-[0-9a-f]{4}", slug)
    assert len(slug) <= 55


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("Élan vital", "elan-vital-"),
        ("E\u0301lan vital", "elan-vital-"),
        ("李", "agent-"),
        ("A/B & C", "a-b-c-"),
        ("---", "agent-"),
    ],
)
def test_an_address_reads_like_the_name(name: str, start: str) -> None:
    assert make_slug(name).startswith(start)


@pytest.mark.parametrize("number", ["0.0.1", "1.0.0", "10.20.30", "999999.999999.999999"])
def test_a_version_is_three_numbers(number: str) -> None:
    assert ".".join(map(str, parse_version(number))) == number


@pytest.mark.parametrize(
    "number",
    ["", "1", "1.0", "1.0.0.0", "v1.0.0", "1.0.0-beta", "01.0.0", "1.0.-1", "1.0.1000000",
     "1.0.0\n", "\uff11.0.0", " 1.0.0", "1.1\u0663.0", "1.0.1\uff11"],
)  # fmt: skip
def test_anything_else_is_no_version(number: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_version(number)

    assert refused.value.path == ("number",)


@pytest.mark.parametrize(
    ("minutes", "seconds"), [(15.0, 900), (0.5, 30), (0.001, 1), (1440.0, 86_400), (0.99, 59)]
)
def test_minutes_are_stored_as_whole_seconds(minutes: float, seconds: int) -> None:
    assert whole_seconds(minutes) == seconds
