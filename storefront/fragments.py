"""Parts of pages that are drawn once for all who would see the same.

A piece's template knows its language and the values that it is given, and nothing of the visit:
what it does not know it cannot show, and a name that it was not given is an error. So what is kept
under its values is right for whoever brings equal ones. Nothing that belongs to one person (a CSRF
token, a name, the address that somebody is at) is ever a value.
"""

import math
from collections.abc import Hashable, Iterable, Mapping
from typing import NoReturn

import jinja2
from markupsafe import Markup

from chenu.core.caches import TtlCache

_CAPACITY_BYTES = 16_000_000
_OVERHEAD = 500
"""What an entry weighs beside its text, and about as much again for its key."""

_Values = tuple[tuple[str, Hashable], ...]


class Drawn(bytes):
    """HTML in UTF-8, which a page takes as it is: a piece stands alone between its braces."""

    __slots__ = ()

    def __html__(self) -> NoReturn:
        raise TypeError("nothing can be done with a piece but {{ ... | piece }}")

    __str__ = __html__


def draw(template: jinja2.Template, values: Mapping[str, object]) -> bytes:
    """A whole template. Its pieces have been encoded already: they are most of a page."""
    chunks: Iterable[str | Drawn] = template.generate(values)
    return b"".join([part if isinstance(part, Drawn) else part.encode() for part in chunks])


class FragmentCache:
    """Of one language. Drawing is most of what a page costs, and most pages show the same."""

    def __init__(self, environment: jinja2.Environment) -> None:
        self._environment = environment
        self._cache: TtlCache[tuple[str, _Values], Drawn] = TtlCache(math.inf, _CAPACITY_BYTES)

    def draw(self, template: str, **values: Hashable) -> Drawn:
        """Values are compared by what they hold: records of few fields, texts and numbers."""
        return self._find(template, tuple(values.items()))

    def draw_each(self, template: str, **values: Iterable[Hashable]) -> Drawn:
        """One after the other, for a single name and what it stands for each time."""
        [(name, each)] = values.items()
        return Drawn(b"".join([self._find(template, ((name, value),)) for value in each]))

    def _find(self, template: str, values: _Values) -> Drawn:
        key = (template, values)
        known = self._cache.find(key)
        if known is None:
            known = self._draw(template, values)
            self._cache.keep(key, known, self._cache.now(), weight=len(known) + _OVERHEAD)
        return known

    def _draw(self, template: str, values: _Values) -> Drawn:
        if any(isinstance(value, Markup) for _, value in values):
            raise TypeError("trusted HTML is equal to the same text that nobody trusts")
        return Drawn(draw(self._environment.get_template(template), dict(values)))
