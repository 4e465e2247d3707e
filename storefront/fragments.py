"""Parts of pages that are rendered once for all who would see the same.

A fragment's template knows its language and the values that it is given, and nothing of the
request: what it does not know it cannot show, and a name that it was not given is an error. So
what is stored under its values is right for whoever brings equal ones. Nothing that belongs to
one person (a CSRF token, a name, the URL that somebody is at) is ever a value.
"""

import math
import sys
from collections.abc import Hashable, Iterable

import jinja2
from markupsafe import Markup

from chenu.core.caches import TtlCache

_CAPACITY_BYTES = 16_000_000
_OVERHEAD = 500
"""What an entry takes for its key, about as much as a short text."""

_Values = tuple[tuple[str, Hashable], ...]


class FragmentCache:
    """Of one language. Rendering is most of what a page costs, and most pages show the same."""

    def __init__(self, environment: jinja2.Environment) -> None:
        self._environment = environment
        self._cache: TtlCache[tuple[str, _Values], Markup] = TtlCache(math.inf, _CAPACITY_BYTES)

    def draw(self, template: str, **values: Hashable) -> Markup:
        """Values are compared by what they hold: records of few fields, texts and numbers."""
        return self._find(template, tuple(values.items()))

    def draw_each(self, template: str, **values: Iterable[Hashable]) -> Markup:
        """One after the other, for a single name and what it stands for each time."""
        [(name, each)] = values.items()
        return Markup().join(self._find(template, ((name, value),)) for value in each)

    def _find(self, template: str, values: _Values) -> Markup:
        key = (template, values)
        known = self._cache.find(key)
        if known is None:
            known = self._draw(template, values)
            weight = sys.getsizeof(known) + _OVERHEAD
            self._cache.keep(key, known, self._cache.now(), weight=weight)
        return known

    def _draw(self, template: str, values: _Values) -> Markup:
        if any(isinstance(value, Markup) for _, value in values):
            raise TypeError("trusted HTML is equal to the same text that nobody trusts")
        text = self._environment.get_template(template).render(values)
        return Markup(text)  # noqa: S704 - rendered with autoescape
