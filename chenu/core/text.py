"""Text as it is compared and kept: one Unicode form, storable, and what it seems to be."""

import unicodedata
from typing import Any

_UNSTORABLE = dict.fromkeys([0, *range(0xD800, 0xE000)], "\N{REPLACEMENT CHARACTER}")
_TURNS_TEXT_ROUND = frozenset(["LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"])
"""Bidirectional classes that make text read otherwise than it is written.

Hebrew and Arabic do without them, and with the marks LRM, RLM and ALM, which turn nothing.
"""
_LINE_CONTROLS = frozenset({"Cc", "Cs", "Zl", "Zp"})
_TEXT_CONTROLS = frozenset({"Cc", "Cs"})
_LAYOUT = frozenset("\t\n\r")
_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs"})
_BLANKS = frozenset(
    "\N{COMBINING GRAPHEME JOINER}\N{HANGUL CHOSEONG FILLER}\N{HANGUL JUNGSEONG FILLER}"
    "\N{KHMER VOWEL INHERENT AQ}\N{KHMER VOWEL INHERENT AA}\N{BRAILLE PATTERN BLANK}"
    "\N{HANGUL FILLER}\N{HALFWIDTH HANGUL FILLER}\N{MUSICAL SYMBOL NULL NOTEHEAD}"
    "\N{MONGOLIAN FREE VARIATION SELECTOR ONE}\N{MONGOLIAN FREE VARIATION SELECTOR TWO}"
    "\N{MONGOLIAN FREE VARIATION SELECTOR THREE}\u180f"
)
"""Letters, marks and symbols by their category, of which nothing is drawn."""


def compose(text: str) -> str:
    """The form that is compared and kept: NFC, which changes nothing that a reader sees."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def tidy(text: str) -> str:
    """As it is kept: composed, without outer white space."""
    return compose(text).strip()


def compose_all(value: Any) -> Any:
    """Every text of a JSON value, the names in it too."""
    if isinstance(value, str):
        return compose(value)
    if isinstance(value, dict):
        return {compose_all(name): compose_all(held) for name, held in value.items()}
    if isinstance(value, list | tuple):
        return [compose_all(entry) for entry in value]
    return value


def storable(text: str) -> str:
    """What the database cannot take is replaced: it matches nothing, and is no error."""
    return text.translate(_UNSTORABLE)


def has_unstorable(text: str) -> bool:
    """NUL and halves of surrogate pairs: no text, and the database keeps neither."""
    if "\x00" in text or text.isascii():
        return "\x00" in text
    return any("\ud800" <= char <= "\udfff" for char in text)


def has_control(text: str, *, is_line: bool) -> bool:
    """Control characters; in a text of several lines tabs and line breaks are none."""
    if is_line:
        return any(unicodedata.category(char) in _LINE_CONTROLS for char in text)
    return any(
        unicodedata.category(char) in _TEXT_CONTROLS and char not in _LAYOUT for char in text
    )


def turns_direction(text: str) -> bool:
    """Does a character make what follows read in another order than it is written?"""
    if text.isascii():
        return False
    return any(unicodedata.bidirectional(char) in _TURNS_TEXT_ROUND for char in text)


def visible_part(text: str) -> str:
    """What is drawn, spaces between it included; empty when nothing is but marks on nothing."""
    drawn = "".join(char for char in text if not is_unseen(char) or char.isspace()).strip()
    return drawn if any(_is_base(char) for char in drawn) else ""


def is_unseen(char: str) -> bool:
    """White space, and everything else that is drawn as nothing."""
    is_blank = char in _BLANKS or unicodedata.category(char) in _UNSEEN
    return is_blank or _is_variation_selector(char)


def _is_base(char: str) -> bool:
    """Something that marks may stand on."""
    return not is_unseen(char) and not unicodedata.category(char).startswith("M")


def _is_variation_selector(char: str) -> bool:
    return "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef"
