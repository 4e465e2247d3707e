"""The filters of the store, with the number of agents for each option."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

import msgspec

from chenu.agents.facets import FacetCount, Facets
from chenu.core.i18n import LOCALES, Locale, mark, translate
from chenu.core.site import product_name
from storefront import words
from storefront.search_form import LISTS, Search
from storefront.vocabulary import capability_label

_Chosen = tuple[tuple[str, ...], ...]
"""The ticked options of each filter in LISTS."""

SHOWN = 5
"""Options of a filter that are shown before "more"."""


class FacetOption(msgspec.Struct, frozen=True):
    value: str
    label: str
    count: int
    is_chosen: bool
    id: str


class FacetGroup(msgspec.Struct, frozen=True, cache_hash=True):
    """`name` is the name of its fields in the URL; chosen options are never hidden."""

    name: str
    title: str
    options: tuple[FacetOption, ...]

    @property
    def first(self) -> tuple[FacetOption, ...]:
        return tuple(
            option for place, option in enumerate(self.options) if place < SHOWN or option.is_chosen
        )

    @property
    def more(self) -> tuple[FacetOption, ...]:
        return tuple(
            option
            for place, option in enumerate(self.options)
            if place >= SHOWN and not option.is_chosen
        )


def build_facets(search: Search, facets: Facets, locale: Locale) -> tuple[FacetGroup, ...]:
    chosen = tuple(search.chosen(name) for name in LISTS)
    return _build(chosen, facets, locale, product_name())


@lru_cache(maxsize=512)
def _build(
    chosen: _Chosen, facets: Facets, locale: Locale, _product: str
) -> tuple[FacetGroup, ...]:
    """Cached, because most visitors see the same counts. The words have the product's name."""
    chosen_of = dict(zip(LISTS, chosen, strict=True))
    say = _Speaker(locale)
    groups = (
        _group(chosen_of, "sphere", say(mark("Sphere")), facets.spheres, say.sphere),
        _group(chosen_of, "price", say(mark("Price")), facets.price_types, say.price),
        _group(
            chosen_of, "level", say(mark("Autonomy")), sorted_by_value(facets.levels), say.level
        ),
        _group(
            chosen_of, "kind", say(mark("Made by")), in_order(facets.kinds, words.KINDS), say.kind
        ),
        _group(
            chosen_of, "capability", say(mark("What it does")), facets.capabilities, say.capability
        ),
        _group(
            chosen_of,
            "language",
            say(mark("Language")),
            in_order(facets.languages, LOCALES),
            say.language,
        ),
    )
    return tuple(group for group in groups if group.options)


def sorted_by_value(counts: Iterable[FacetCount]) -> list[FacetCount]:
    return sorted(counts, key=lambda count: count.value)


def in_order(counts: Iterable[FacetCount], values: Iterable[str]) -> list[FacetCount]:
    """A fixed order, where options without a match are shown too."""
    found = {count.value: count for count in counts}
    return [found.get(value, FacetCount(value, 0)) for value in values]


def _group(
    all_chosen: Mapping[str, tuple[str, ...]],
    name: str,
    title: str,
    counts: Iterable[FacetCount],
    label: Callable[[str], str],
) -> FacetGroup:
    chosen = all_chosen[name]
    found = {count.value: count.count for count in counts}
    values = [*found, *(value for value in chosen if value not in found)]
    return FacetGroup(
        name,
        title,
        tuple(
            FacetOption(value, label(value), found.get(value, 0), value in chosen, _id(name, value))
            for value in values
        ),
    )


def _id(name: str, value: str) -> str:
    """An HTML id; option values may contain any characters."""
    return f"{name}-{hashlib.sha256(value.encode()).hexdigest()[:10]}"


class _Speaker:
    """Labels in one language; an unknown option is shown as it was typed."""

    def __init__(self, locale: Locale) -> None:
        self._locale = locale

    def __call__(self, message: str) -> str:
        return translate(self._locale, message)

    def sphere(self, code: str) -> str:
        return words.sphere_name(code, self._locale) or code

    def price(self, code: str) -> str:
        return self({str(key): text for key, text in words.PRICE_TYPES.items()}.get(code, code))

    def level(self, code: str) -> str:
        text = {str(key): text for key, text in words.LEVELS.items()}.get(code)
        return f"{code} · {self(text)}" if text else code

    def kind(self, code: str) -> str:
        return self({str(key): text for key, text in words.KINDS.items()}.get(code, code))

    def capability(self, tag: str) -> str:
        return capability_label(tag, self._locale)

    def language(self, code: str) -> str:
        return words.LANGUAGES.get(code, code)
