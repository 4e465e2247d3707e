"""Texts without values are translated when a template is compiled, not whenever it is rendered."""

from collections.abc import Iterator

from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream

FILTER = "translated"
"""The environment's filter that translates a constant; Jinja runs it once, while it compiles."""

_CALL = (("name", "_"), ("lparen", "("), ("string", None), ("rparen", ")"))


class ConstantTexts(Extension):
    """Reads `_("text")` as `("text" | translated)`. All other calls stay jinja2.ext.i18n's.

    Jinja escapes constants that `~` joins, whoever trusted them: no text of ours holds HTML.
    """

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        tokens = list(stream)
        position = 0
        while position < len(tokens):
            call = tokens[position : position + len(_CALL)]
            if _is_constant_text(call):
                _, opening, text, closing = call
                line = text.lineno
                yield from (opening, text, Token(line, "pipe", "|"), Token(line, "name", FILTER))
                yield closing
                position += len(_CALL)
            else:
                yield tokens[position]
                position += 1


def _is_constant_text(tokens: list[Token]) -> bool:
    return len(tokens) == len(_CALL) and all(
        token.type == kind and value in (None, token.value)
        for token, (kind, value) in zip(tokens, _CALL, strict=True)
    )
