"""Parts of pages that are drawn once for all who would see the same.

A piece's template knows its language and the values that it is given, and nothing of the visit:
what it does not know it cannot show, and a name that it was not given is an error. So what is kept
under its values is right for whoever brings equal ones. Nothing that belongs to one person (a CSRF
token, a name, the address that somebody is at) is ever a value.
"""

import math
from collections.abc import Hashable, Iterable

import jinja2
from markupsafe import Markup

from chenu.core.kept import Kept

_CAPACITY_CHARACTERS = 8_000_000
_OVERHEAD = 500
"""What an entry weighs beside its text, and about as much again for its key."""

_Values = tuple[tuple[str, Hashable], ...]


class Pieces:
    """Of one language. Drawing is most of what a page costs, and most pages show the same."""

    def __init__(self, environment: jinja2.Environment) -> None:
        self._environment = environment
        self._kept: Kept[tuple[str, _Values], Markup] = Kept(math.inf, _CAPACITY_CHARACTERS)

    def draw(self, template: str, **values: Hashable) -> Markup:
        """Values are compared by what they hold: records of few fields, texts and numbers."""
        return self._find(template, tuple(values.items()))

    def draw_each(self, template: str, **values: Iterable[Hashable]) -> Markup:
        """One after the other, for a single name and what it stands for each time."""
        [(name, each)] = values.items()
        drawn = [self._find(template, ((name, value),)) for value in each]
        return Markup("".join(drawn))  # noqa: S704 - pieces

    def _find(self, template: str, values: _Values) -> Markup:
        key = (template, values)
        known = self._kept.find(key)
        if known is None:
            known = self._draw(template, values)
            self._kept.keep(key, known, self._kept.now(), weight=2 * len(known) + _OVERHEAD)
        return known

    def _draw(self, template: str, values: _Values) -> Markup:
        if any(isinstance(value, Markup) for _, value in values):
            raise TypeError("trusted HTML is equal to the same text that nobody trusts")
        text = self._environment.get_template(template).render(values)
        return Markup(text)  # noqa: S704 - an autoescaped template's own text
