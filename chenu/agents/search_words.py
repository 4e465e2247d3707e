"""Splits search text into words as the index splits the agents' texts: migrations/sql/search.sql.

Names such as GPT-4, R&D, C++ or v2.1.3 are several words for PostgreSQL's parser, split by rules of
its own. Both here and in the index one sign between two words joins them: the index holds each pair
of such neighbours and the whole name as words.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import cache, lru_cache

import msgspec

_MAX_WORDS = 8
_MAX_PARTS = 12
_MAX_WHOLE = 60
_MAX_SEARCH = 200

_MARKS = (
    r"!-/:-@\[-`{-~\u00A1-\u00BF\u00D7\u00F7\u02BC\u055A-\u055F\u0589\u05BE\u05F3\u05F4\u060C"
    r"\u061B\u061F\u066A-\u066D\u06D4\u0964\u0965\u2010-\u2027\u2030-\u205E\u20A0-\u20CF"
    r"\u2190-\u2BFF\u2E00-\u2E7F\u3001-\u3004\u3008-\u3020\u3030\u303D-\u303F\u30FB\uE000-\uF8FF"
    r"\uFFF9-\uFFFD\U0001F000-\U0001FAFF"
)
_LETTER = f"[^ {_MARKS}]"
_ASIAN = r"[\u3005-\u3007\u3041-\u3096\u30A1-\u30FA\u30FC\u3400-\u4DBF\u4E00-\u9FFF\uF900-\uFAFF]"
_APOSTROPHE = r"['\u2018\u2019\u02BC]"

_TRADE_MARKS = str.maketrans("™℠", "  ")
_SPELLING = (
    (r"[\u00AD\u200B-\u200F\u202A-\u202E\u2060-\u206F\uFE00-\uFE0F\uFEFF]", ""),
    (
        r"[\u0000-\u001F\u007F-\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000"
        r"\uD800-\uDFFF]",
        " ",
    ),
    (
        rf"(?<!{_LETTER})(?:[cdjlmnstCDJLMNST]|(?:[jJ]us|[lL]ors|[pP]uis|[qQ]uoi)?[qQ]u)"
        rf"{_APOSTROPHE}(?={_LETTER})",
        "",
    ),
    (rf"(?<={_LETTER}){_APOSTROPHE}[sS](?!{_LETTER})", ""),
    (rf"(?<={_LETTER})\+\+", "-plusplus-"),
    (rf"(?<={_LETTER})\+(?!{_LETTER})", "-plus-"),
    (rf"(?<={_LETTER})#", "-sharp-"),
    (rf"(?<!{_LETTER})(?<!\.)\.(?={_LETTER})(?![0-9])", "dot-"),
    (rf"(?<!{_LETTER})([vV])(?=[0-9])", r"\1-"),
    (rf"(?<={_ASIAN})(?={_ASIAN})", "-"),
)
"""Patterns, and what is written in the place of what they find."""
_WORD = re.compile(f"{_LETTER}+(?:[{_MARKS}]{_LETTER}+)*")
_PART = re.compile(f"{_LETTER}+")
_IS_LETTER_OR_DIGIT = re.compile(r"[^\W_]")


@cache
def _compiled_spelling() -> tuple[tuple[re.Pattern[str], str], ...]:
    """When somebody first searches: to compile them takes longer than to import most modules."""
    return tuple((re.compile(pattern), spelled) for pattern, spelled in _SPELLING)


def spell(text: str) -> str:
    """One spelling for characters that look alike; signs that belong to a name become letters."""
    spelled = unicodedata.normalize("NFKC", text.translate(_TRADE_MARKS))
    for pattern, replacement in _compiled_spelling():
        spelled = pattern.sub(replacement, spelled)
    return spelled


class Word(msgspec.Struct, frozen=True):
    """One word, or several that a sign joins: GPT-4 is ("GPT", "4")."""

    parts: tuple[str, ...]

    @property
    def is_name(self) -> bool:
        """Contains signs or digits as no ordinary word does."""
        return len(self.parts) > 1 or not self.parts[0].isalpha()

    def exactly(self, end: str = "") -> str:
        """Each pair of neighbours as the index holds it; `end` marks an unfinished word."""
        if len(self.parts) == 1:
            return f"'{self.parts[0]}'{end}"
        *pairs, last = zip(self.parts, self.parts[1:], strict=False)
        return " & ".join([*(_join(*pair, "") for pair in pairs), _join(*last, end)])

    def wholly(self) -> str:
        """As a name that is no part of a longer one; very long names are not indexed whole."""
        whole = "zz".join(self.parts)
        is_remembered = 1 < len(self.parts) < _MAX_PARTS and len(whole) <= _MAX_WHOLE
        return f"'zz{whole}'" if is_remembered else self.exactly()

    def loosely(self, end: str = "") -> str:
        """The same, or the parts side by side, as another text may have a space instead of the
        sign.

        Single letters are left out: most are stop words, which match everything.
        """
        exactly = self.exactly(end)
        if len(self.parts) == 1 or any(len(part) == 1 and part.isalpha() for part in self.parts):
            return f"({exactly})"
        side_by_side = " <-> ".join(f"'{part}'" for part in self.parts)
        return f"({exactly} | {side_by_side}{end})"


def _join(one: str, other: str, end: str) -> str:
    """Pairs of digits and of single letters keep a separator: 3.5 is not 35, I/T is not the word
    it.
    """
    together = one + other
    if len(together) == 2 and together.isascii() and together.isalpha():
        return f"('{one}zz{other}'{end} | '{together}'{end})"
    are_digits = f"{one[-1]}{other[0]}"
    if are_digits.isascii() and are_digits.isdigit():
        return f"'{one}zz{other}'{end}"
    return f"'{together}'{end}"


@lru_cache(maxsize=256)  # cached: one search needs it for its list, count and facets
def read_words(search: str) -> tuple[Word, ...]:
    """At most eight; none in a text without a letter or digit."""
    found = _WORD.findall(spell(search[:_MAX_SEARCH]))
    cut = (tuple(_PART.findall(word))[:_MAX_PARTS] for word in found)
    words = [Word(parts) for parts in cut if any(map(_IS_LETTER_OR_DIGIT.search, parts))]
    return tuple(words[:_MAX_WORDS])


def matching(words: Sequence[Word]) -> str:
    """A tsquery of all words; the last may be unfinished, as people type."""
    return " & ".join([*(word.loosely() for word in words[:-1]), words[-1].loosely(":*")])


def matching_exactly(words: Sequence[Word]) -> str:
    """A tsquery of all words as they are written."""
    return " & ".join(word.exactly() for word in words)


def matching_wholly(words: Sequence[Word]) -> str:
    """The same, for words that are no part of a longer name."""
    return " & ".join(word.wholly() for word in words)
