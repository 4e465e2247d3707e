"""Detects secrets that could be guessed: repetitions, sequences, and words of examples."""

import re
from itertools import pairwise

SHORTEST = 32
_FEWEST_DISTINCT = 8
_FEWEST_UNKNOWN = 12
"""Characters that must remain after removing words of examples and everything but letters and
digits.
"""

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
"""Digits and signs that replace letters in words."""


def is_guessable(secret: str) -> bool:
    """Whether a text is no secret, however long it is."""
    return (
        len(set(secret)) < _FEWEST_DISTINCT
        or _is_repetition(secret)
        or _is_sequence(secret)
        or _is_of_known_words(secret)
    )


def _is_repetition(text: str) -> bool:
    """One short part repeated, perhaps cut off at the end."""
    return any(
        text == (text[:length] * (len(text) // length + 1))[: len(text)]
        for length in range(1, _MOST_REPEATED + 1)
    )


def _is_sequence(text: str) -> bool:
    """Most characters follow the previous one, up or down: abcdef, 98765."""
    steps = [ord(after) - ord(before) for before, after in pairwise(text)]
    return 2 * sum(step in (-1, 0, 1) for step in steps) > len(steps)


def _is_of_known_words(text: str) -> bool:
    return any(
        len(re.sub(r"[\W_]", "", _KNOWN.sub("", form))) < _FEWEST_UNKNOWN
        for form in (text.lower(), text.lower().translate(_ALIKE))
    )
