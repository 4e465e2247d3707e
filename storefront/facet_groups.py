"""The filters of the store with how many agents each option would show."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from chenu.agents.facets import FacetCount, count_facets
from chenu.agents.search import AgentFilter, AgentWish, count_agents
from chenu.core.i18n import LOCALES, Locale, mark, translate
from storefront import words
from storefront.pages import element_id
from storefront.search_form import Search
from storefront.vocabulary import capability_label

SHOWN = 5
"""Options of a filter before "more"."""


@dataclass(frozen=True, slots=True)
class FacetOption:
    value: str
    label: str
    count: int
    is_chosen: bool
    id: str


@dataclass(frozen=True, slots=True)
class FacetGroup:
    """`name` is that of the fields in the address; chosen options are never hidden."""

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
        return tuple(option for option in self.options if option not in self.first)


async def build_facets(search: Search, locale: Locale) -> list[FacetGroup]:
    wish, chosen = search.wish, search.wish.filter
    facets, kinds, languages = await asyncio.gather(
        count_facets(wish),
        _count_each(wish, [replace(chosen, kinds=(kind,)) for kind in words.KINDS]),
        _count_each(wish, [replace(chosen, language=language) for language in LOCALES]),
    )
    kind_counts = [FacetCount(k, n) for k, n in zip(words.KINDS, kinds, strict=True)]
    language_counts = [FacetCount(k, n) for k, n in zip(LOCALES, languages, strict=True)]
    say = _Speaker(locale)
    return [
        _group(search, "sphere", say(mark("Sphere")), facets.spheres, say.sphere),
        _group(search, "price", say(mark("Price")), facets.price_types, say.price),
        _group(search, "level", say(mark("Autonomy")), sorted_by_value(facets.levels), say.level),
        _group(search, "kind", say(mark("Made by")), kind_counts, say.kind),
        _group(
            search, "capability", say(mark("What it does")), facets.capabilities, say.capability
        ),
        _group(search, "language", say(mark("Language")), language_counts, say.language),
    ]


async def _count_each(wish: AgentWish, filters: Iterable[AgentFilter]) -> list[int]:
    return list(
        await asyncio.gather(*(count_agents(replace(wish, filter=wanted)) for wanted in filters))
    )


def sorted_by_value(counts: Iterable[FacetCount]) -> list[FacetCount]:
    return sorted(counts, key=lambda count: count.value)


def _group(
    search: Search,
    name: str,
    title: str,
    counts: Iterable[FacetCount],
    label: Callable[[str], str],
) -> FacetGroup:
    chosen = search.chosen(name)
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
    return f"{name}-{element_id(value)}"


class _Speaker:
    """Labels in one language; an option that we do not know is shown as it was typed."""

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
