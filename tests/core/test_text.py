"""Unicode normalisation, visible parts, and characters that change the direction. No engine."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chenu.core.text import (
    compose,
    compose_all,
    has_control,
    storable,
    tidy,
    turns_direction,
    visible_part,
)

ANY_TEXT = st.text(st.characters())


@given(ANY_TEXT)
def test_a_text_and_its_other_canonical_form_are_one(text: str) -> None:
    assert compose(unicodedata.normalize("NFD", text)) == compose(text)
    assert compose(compose(text)) == compose(text)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("Zoe\u0301", "Zo\u00e9"),
        (" \u212bngstro\u0308m ", "\u00c5ngstr\u00f6m"),
        ("\u1112\u1161\u11ab", "\ud55c"),
        ("\u2126", "\u03a9"),
        ("o\u0323\u0302", "\u1ed9"),
        ("\ufb01n", "\ufb01n"),
        ("\u05e9\u05dc\u05d5\u05dd", "\u05e9\u05dc\u05d5\u05dd"),
    ],
)
def test_texts_are_stored_composed_and_otherwise_as_written(typed: str, stored: str) -> None:
    assert tidy(typed) == stored


def test_json_is_composed_to_its_last_name() -> None:
    given_json = {"e\u0301": ["e\u0301", 1, None, {"a": ("e\u0301",)}]}

    assert compose_all(given_json) == {"\u00e9": ["\u00e9", 1, None, {"a": ["\u00e9"]}]}


UNSEEN = {
    "Hangul fillers": "\u3164\u3164",
    "choseong and jungseong fillers": "\u115f\u1160",
    "a halfwidth filler": "\uffa0\uffa0",
    "braille blanks": "\u2800\u2800",
    "tag characters": "\U000e0041\U000e0042\U000e007f",
    "only combining marks": "\u0301\u0302\u0338",
    "only variation selectors": "\ufe0f\ufe0e\U000e0100",
    "spaces of the world": "\u2003\u3000\u00a0\u1680",
    "joiners": "\u200b\u200c\u200d\u2060\ufeff\u00ad",
    "marks of direction": "\u200e\u200f\u061c",
    "private use": "\ue000\uf8ff",
    "no characters": "\ufffe\U000e0fff",
    "a grapheme joiner": "\u034f\u034f",
    "Khmer inherent vowels": "\u17b4\u17b5",
    "Mongolian selectors": "\u180b\u180c\u180e",
    "a note without a head": "\U0001d159\U0001d159",
    "marks on a blank": "\u2800\u0301\u3164\u0302",
    "nothing": "",
}


@pytest.mark.parametrize("text", UNSEEN.values(), ids=UNSEEN)
def test_what_shows_nothing_has_no_visible_part(text: str) -> None:
    assert visible_part(text) == ""


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("Zo\u00e9", 3),
        ("\u674e\u5c0f\u9f8d", 3),
        ("\u0915\u093f", 2),
        ("\U0001f469\u200d\U0001f680", 2),
        ("\u2764\ufe0f", 1),
        ("\u0646\u0648\u0631\u0627", 4),
        ("a\u3164b", 2),
        (" a b ", 3),
        ("\u00bf?", 2),
    ],
)
def test_letters_signs_and_pictures_are_seen(text: str, seen: int) -> None:
    assert len(visible_part(text)) == seen


@pytest.mark.parametrize("code", [*range(0x202A, 0x202F), *range(0x2066, 0x206A)], ids=hex)
def test_every_override_embedding_and_isolate_turns_a_text_round(code: int) -> None:
    assert turns_direction(f"paid{chr(code)}txt.exe")


@pytest.mark.parametrize(
    "text",
    [
        "\u05e9\u05dc\u05d5\u05dd, world",
        "\u0645\u0631\u062d\u0628\u0627 2026",
        "a\u200eb\u200f",
        "plain",
    ],
)
def test_hebrew_arabic_and_their_marks_turn_nothing_round(text: str) -> None:
    assert not turns_direction(text)


@pytest.mark.parametrize(
    ("text", "in_line", "in_text"),
    [
        ("a\nb", True, False),
        ("a\tb", True, False),
        ("a\x00b", True, True),
        ("a\x1b[31mb", True, True),
        ("a\x85b", True, True),
        ("a\ud800b", True, True),
        ("a\u2028b", True, False),
        ("a b", False, False),
    ],
    ids=lambda value: repr(value)[:12],
)
def test_line_breaks_are_controls_in_a_line_only(text: str, in_line: bool, in_text: bool) -> None:
    assert (has_control(text, is_line=True), has_control(text, is_line=False)) == (in_line, in_text)


@given(ANY_TEXT)
def test_what_is_made_storable_can_be_stored(text: str) -> None:
    made = storable(text)

    made.encode()
    assert "\x00" not in made
    assert len(made) == len(text)
