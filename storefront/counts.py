"""How many agents a search finds, and each option of its filters would: for everybody the same.

Counting asks the database nine times for one page; counts may be a moment old, the list is not.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import msgspec

from chenu.agents.facets import FacetCount, Facets, count_facets
from chenu.agents.search import count_agents
from chenu.agents.search_wish import AgentFilter, AgentWish
from chenu.core.i18n import LOCALES
from chenu.core.kept import Shared
from storefront import words


class SearchCounts(msgspec.Struct, frozen=True, cache_hash=True):
    """What is drawn of counts is kept under them."""

    total: int
    facets: Facets
    kinds: tuple[FacetCount, ...]
    languages: tuple[FacetCount, ...]


_Key = tuple[str, AgentFilter]


class Counts:
    """`max_age` in seconds; at 0 everything is counted each time."""

    def __init__(self, max_age: float) -> None:
        self._shared: Shared[_Key, SearchCounts] = Shared(max_age)

    def find(self, wish: AgentWish) -> SearchCounts | None:
        """What was counted within the last moment."""
        return self._shared.find((wish.search, wish.filter), lambda: _count_search(wish))

    async def of_search(self, wish: AgentWish) -> SearchCounts:
        """Whatever the order of the list."""
        return await self._shared.get((wish.search, wish.filter), lambda: _count_search(wish))


UNSHARED = Counts(0)


async def _count_search(wish: AgentWish) -> SearchCounts:
    chosen = wish.filter
    total, facets, kinds, languages = await asyncio.gather(
        count_agents(wish),
        count_facets(wish),
        _count_each(wish, [replace(chosen, kinds=(kind,)) for kind in words.KINDS]),
        _count_each(wish, [replace(chosen, language=language) for language in LOCALES]),
    )
    return SearchCounts(
        total,
        facets,
        tuple(FacetCount(kind, count) for kind, count in zip(words.KINDS, kinds, strict=True)),
        tuple(FacetCount(code, count) for code, count in zip(LOCALES, languages, strict=True)),
    )


async def _count_each(wish: AgentWish, filters: Sequence[AgentFilter]) -> list[int]:
    return list(
        await asyncio.gather(*(count_agents(replace(wish, filter=wanted)) for wanted in filters))
    )
