"""Translates texts without values when a template is compiled, not at each rendering."""

from collections.abc import Iterator

from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream

from chenu.core.site import OUR_NAME

FILTER = "translated"
"""The environment's filter that translates a constant; Jinja runs it once, at compile time."""

_CALL = (("name", "_"), ("lparen", "("), ("string", None), ("rparen", ")"))


class ConstantTexts(Extension):
    """Compiles `_("text")` as `("text" | translated)`; other calls are left to jinja2.ext.i18n.

    Jinja escapes constants joined by `~`, even trusted ones, so that our texts contain no HTML. A
    text with our name is none: it has another one on the site of a brand.
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
    is_call = len(tokens) == len(_CALL) and all(
        token.type == kind and value in (None, token.value)
        for token, (kind, value) in zip(tokens, _CALL, strict=True)
    )
    return is_call and OUR_NAME not in tokens[2].value
