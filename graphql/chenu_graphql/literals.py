"""Numbers in documents, before anything of graphql-core or Python makes numbers of them."""

import re
from collections.abc import Iterator
from math import isfinite

from graphql import DocumentNode, GraphQLError, Token, TokenKind

from chenu_graphql.errors import ValidationFailed

MAX_DIGITS = 100
_SUSPECT = re.compile(rf"[0-9]{{{MAX_DIGITS}}}|[eE][+-]?[0-9]{{3}}")
_NUMBERS = (TokenKind.INT, TokenKind.FLOAT)


def check_numbers(text: str, document: DocumentNode) -> list[GraphQLError]:
    """Python is slow to read thousands of digits, and takes 1e400 for infinity."""
    if document.loc is None or not _SUSPECT.search(text):
        return []
    message = "This number is too large, or has more than {count} digits"
    error = ValidationFailed(message, count=MAX_DIGITS)
    return [
        GraphQLError(
            str(error),
            source=document.loc.source,
            positions=[token.start],
            original_error=error,
        )
        for token in _tokens(document.loc.start_token)
        if token.kind in _NUMBERS and not _is_readable(token.value or "")
    ]


def _tokens(token: Token | None) -> Iterator[Token]:
    while token is not None:
        yield token
        token = token.next


def _is_readable(number: str) -> bool:
    return len(number) <= MAX_DIGITS and isfinite(float(number))
