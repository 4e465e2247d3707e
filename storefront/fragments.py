"""A cache of rendered parts of pages that are the same for everybody with the same values.

A fragment's template gets its language, the site and the given values, and nothing else of the
request; an undefined name raises an error. So site and values are a sufficient cache key. Nothing
that belongs to one person (a CSRF token, a name, the URL of the request) may be a value.
"""

import math
import sys
from collections.abc import Hashable, Iterable

import jinja2
import msgspec
from markupsafe import Markup

from chenu.core.caches import TtlCache
from chenu.core.site import Site, current_site

_CAPACITY_BYTES = 16_000_000
_OVERHEAD = 500
"""Of an entry, besides its fragment and its values."""

_Values = tuple[tuple[str, Hashable], ...]
_Key = tuple[Site | None, str, _Values]


class FragmentCache:
    """Fragments of one language.

    Most of a page's time is rendering, and most pages show the same.
    """

    def __init__(self, environment: jinja2.Environment) -> None:
        self._environment = environment
        self._cache: TtlCache[_Key, Markup] = TtlCache(math.inf, _CAPACITY_BYTES)

    def draw(self, template: str, **values: Hashable) -> Markup:
        """Values are compared by content: records with few fields, texts and numbers."""
        return self._find(template, tuple(values.items()))

    def draw_each(self, template: str, **values: Iterable[Hashable]) -> Markup:
        """Renders the fragment for each item, passed under one name, and joins the results."""
        [(name, each)] = values.items()
        return Markup().join(self._find(template, ((name, value),)) for value in each)

    def _find(self, template: str, values: _Values) -> Markup:
        key = (current_site(), template, values)
        known = self._cache.find(key)
        if known is None:
            known = self._draw(template, values)
            weight = sys.getsizeof(known) + _weigh(values) + _OVERHEAD
            self._cache.keep(key, known, self._cache.now(), weight=weight)
        return known

    def _draw(self, template: str, values: _Values) -> Markup:
        if any(isinstance(value, Markup) for _, value in values):
            raise TypeError("trusted HTML is equal to the same text that nobody trusts")
        text = self._environment.get_template(template).render(values)
        return Markup(text)  # noqa: S704 - rendered with autoescape


def _weigh(value: object) -> int:
    """The bytes of a key's values: those of a grid of cards take as many as what is drawn."""
    if isinstance(value, msgspec.Struct):
        value = msgspec.structs.astuple(value)
    inside = value if isinstance(value, tuple | frozenset) else ()
    return sys.getsizeof(value) + sum(map(_weigh, inside))
