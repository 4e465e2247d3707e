"""Checks number literals before graphql-core or Python converts them."""

import re
from collections.abc import Iterator
from itertools import islice
from math import isfinite

from graphql import DocumentNode, GraphQLError, Token, TokenKind

from chenu.core.i18n import mark
from chenu_graphql.errors import ValidationFailed

MAX_DIGITS = 100
_SUSPECT = re.compile(rf"[0-9]{{{MAX_DIGITS}}}|[eE][+-]?[0-9]{{3}}")
_MAX_ERRORS = 20
_NUMBERS = (TokenKind.INT, TokenKind.FLOAT)


def check_numbers(text: str, document: DocumentNode) -> list[GraphQLError]:
    """Python is slow at reading thousands of digits, and reads 1e400 as infinity."""
    if document.loc is None or not _SUSPECT.search(text):
        return []
    message = mark("This number is too large, or has more than {count} digits")
    error = ValidationFailed(message, count=MAX_DIGITS)
    found = islice(_find_unreadable(document.loc.start_token), _MAX_ERRORS)
    source = document.loc.source
    return [
        GraphQLError(str(error), source=source, positions=[place], original_error=error)
        for place in found
    ]


def _find_unreadable(token: Token | None) -> Iterator[int]:
    """The positions of numbers that are too long or not finite."""
    while token is not None:
        if token.kind in _NUMBERS and not _is_readable(token.value or ""):
            yield token.start
        token = token.next


def _is_readable(number: str) -> bool:
    return len(number) <= MAX_DIGITS and isfinite(float(number))
