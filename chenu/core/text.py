"""Text in one Unicode form, and checks of what it contains: control, invisible, unstorable
characters.
"""

import unicodedata
from typing import Any

_UNSTORABLE = dict.fromkeys([0, *range(0xD800, 0xE000)], "\N{REPLACEMENT CHARACTER}")
_TURNS_TEXT_ROUND = frozenset(["LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"])
"""Bidirectional classes of control characters that change the reading direction."""
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
"""Characters without a visible form although their categories are letters, marks or symbols."""


def compose(text: str) -> str:
    """The form in which texts are compared and stored: NFC, which looks the same to readers."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def tidy(text: str) -> str:
    """The form in which texts are stored: NFC, without leading and trailing white space."""
    return compose(text).strip()


def compose_all(value: Any) -> Any:
    """Normalises every text of a JSON value, keys included."""
    if isinstance(value, str):
        return compose(value)
    if isinstance(value, dict):
        return {compose_all(name): compose_all(held) for name, held in value.items()}
    if isinstance(value, list | tuple):
        return [compose_all(entry) for entry in value]
    return value


def storable(text: str) -> str:
    """Replaces characters that the database cannot store, so that a search with them finds
    nothing.
    """
    return text.translate(_UNSTORABLE)


def has_unstorable(text: str) -> bool:
    """NUL and lone surrogates, which PostgreSQL cannot store."""
    if "\x00" in text or text.isascii():
        return "\x00" in text
    return any("\ud800" <= char <= "\udfff" for char in text)


def has_control(text: str, *, is_line: bool) -> bool:
    """Control characters; tabs and line breaks are allowed in a text of several lines."""
    if is_line:
        return any(unicodedata.category(char) in _LINE_CONTROLS for char in text)
    return any(
        unicodedata.category(char) in _TEXT_CONTROLS and char not in _LAYOUT for char in text
    )


def turns_direction(text: str) -> bool:
    """Whether a character changes the direction in which the following text is read."""
    if text.isascii():
        return False
    return any(unicodedata.bidirectional(char) in _TURNS_TEXT_ROUND for char in text)


def visible_part(text: str) -> str:
    """The part that is drawn, with the spaces in it.

    Empty if there is nothing but combining marks.
    """
    drawn = "".join(char for char in text if not is_unseen(char) or char.isspace()).strip()
    return drawn if any(_is_base(char) for char in drawn) else ""


def is_unseen(char: str) -> bool:
    """White space, and every other character without a visible form."""
    is_blank = char in _BLANKS or unicodedata.category(char) in _UNSEEN
    return is_blank or _is_variation_selector(char)


def _is_base(char: str) -> bool:
    """A character to which combining marks can attach."""
    return not is_unseen(char) and not unicodedata.category(char).startswith("M")


def _is_variation_selector(char: str) -> bool:
    return "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef"
