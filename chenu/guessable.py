"""Secrets that somebody could guess: repetition, sequences, and the words of examples."""

import re
from itertools import pairwise

SHORTEST = 32
_FEWEST_DISTINCT = 8
_FEWEST_UNKNOWN = 12
"""Characters that must be left when words of examples and everything but letters and digits go."""

_WORDS = (
    *("administrator", "admin", "api", "azerty", "before", "changeit", "changeme", "change"),
    *("chenu", "default", "demo", "development", "example", "fixme", "foobar", "foo", "hello"),
    *("hunter", "insert", "key", "letmein", "master", "motdepasse", "mysecret", "passphrase"),
    *("password", "passwd", "pass", "placeholder", "please", "production", "qwerty", "qwertz"),
    *("replace", "root", "sample", "secret", "staging", "string", "supersecret", "super"),
    *("test", "this", "todo", "token", "user", "value", "welcome", "world", "your", "with"),
)
_KNOWN = re.compile("|".join(sorted(_WORDS, key=len, reverse=True)))
_MOST_REPEATED = 16
_ALIKE = str.maketrans("0134578@$", "oieastbas")
"""Digits and signs that stand for letters in words."""


def is_guessable(secret: str) -> bool:
    """Long enough it may be and still be no secret."""
    return (
        len(set(secret)) < _FEWEST_DISTINCT
        or _is_repetition(secret)
        or _is_sequence(secret)
        or _is_of_known_words(secret)
    )


def _is_repetition(text: str) -> bool:
    """One short piece over and over, the last time perhaps cut off."""
    return any(
        text == (text[:length] * (len(text) // length + 1))[: len(text)]
        for length in range(1, _MOST_REPEATED + 1)
    )


def _is_sequence(text: str) -> bool:
    """Most characters follow the one before, up or down: abcdef, 98765."""
    steps = [ord(after) - ord(before) for before, after in pairwise(text)]
    return 2 * sum(step in (-1, 0, 1) for step in steps) > len(steps)


def _is_of_known_words(text: str) -> bool:
    return any(
        len(re.sub(r"[\W_]", "", _KNOWN.sub("", form))) < _FEWEST_UNKNOWN
        for form in (text.lower(), text.lower().translate(_ALIKE))
    )
