"""How many agents each filter option would show, with the other filters unchanged.

One statement groups the matches by everything that is counted: a few hundred groups, however large
the store. An agent has several capabilities, so these have a statement of their own.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import msgspec

from chenu.agents import search
from chenu.agents.rows import AGENT_SOURCE
from chenu.agents.search import COUNT_UP_TO
from chenu.agents.search_query import (
    AgentFilter,
    AgentQuery,
    Mode,
    condition_of,
    conditions_of,
    mode_at_first,
)
from chenu.core import db
from chenu.core.i18n import LOCALES

_MOST_CAPABILITIES = 40
_LANGUAGES = " || ".join(
    f"CASE WHEN a.language = '{locale}' OR a.translations ? '{locale}' THEN '{locale} ' ELSE '' END"
    for locale in LOCALES
)
_OPTIONS = {
    "kinds": "a.kind",
    "levels": "a.level",
    "spheres": "a.sphere",
    "price_types": "a.price_type",
    "language": _LANGUAGES,
}
"""SQL by filter field: the options that an agent has, separated by spaces."""
_LIFTED: dict[str, Any] = {name: getattr(AgentFilter(), name) for name in _OPTIONS}
"""A filter without these fields."""


class FacetCount(msgspec.Struct, frozen=True):
    """`count` is exact up to 1,000; 1,001 means more."""

    value: str
    count: int


class Facets(msgspec.Struct, frozen=True, cache_hash=True):
    """`total` counts the matches of all filters; options are ordered by frequency."""

    total: int = 0
    capabilities: tuple[FacetCount, ...] = ()
    spheres: tuple[FacetCount, ...] = ()
    levels: tuple[FacetCount, ...] = ()
    price_types: tuple[FacetCount, ...] = ()
    kinds: tuple[FacetCount, ...] = ()
    languages: tuple[FacetCount, ...] = ()


async def count_facets(query: AgentQuery) -> Facets:
    """Each dimension without its own filter: the result of choosing another option."""
    counted, capabilities = await asyncio.gather(_count_options(query), _count_capabilities(query))
    return Facets(
        total=_capped(counted.total),
        capabilities=capabilities,
        spheres=counted.of("spheres"),
        levels=counted.of("levels"),
        price_types=counted.of("price_types"),
        kinds=counted.of("kinds"),
        languages=counted.of("language"),
    )


def _capped(count: int) -> int:
    return min(count, COUNT_UP_TO + 1)


class _Counted:
    """The sums over the groups of matches."""

    def __init__(self) -> None:
        self.total = 0
        self.options: Mapping[str, Counter[str]] = {name: Counter() for name in _OPTIONS}

    def of(self, name: str) -> tuple[FacetCount, ...]:
        found = sorted(self.options[name].items(), key=lambda option: (-option[1], option[0]))
        return tuple(FacetCount(value, _capped(count)) for value, count in found)

    def add(self, options: Iterable[str | None], fits: Iterable[bool], count: int) -> None:
        """Agents that fail exactly one filter count for the other options of that filter."""
        missed = [name for name, is_met in zip(_OPTIONS, fits, strict=True) if not is_met]
        self.total += 0 if missed else count
        for name, values in zip(_OPTIONS, options, strict=True):
            if missed in ([], [name]):
                self.options[name].update(dict.fromkeys((values or "").split(), count))


async def _count_options(query: AgentQuery) -> _Counted:
    """As in the list, similarity is only searched if no word matches."""
    mode = mode_at_first(query.search)
    counted = await _count_groups(query, mode)
    if counted.total or mode is not Mode.WORDS:
        return counted
    alike = await _count_groups(query, Mode.TYPOS)
    counted.total = alike.total
    counted.options = {
        name: options or alike.options[name] for name, options in counted.options.items()
    }
    return counted


async def _count_groups(query: AgentQuery, mode: Mode) -> _Counted:
    conditions = conditions_of(replace(query, filter=replace(query.filter, **_LIFTED)), mode)
    fits = [condition_of(query.filter, name, conditions) or "true" for name in _OPTIONS]
    columns = [*_OPTIONS.values(), *(f"coalesce({condition}, false)" for condition in fits)]
    places = ", ".join(str(place + 1) for place in range(len(columns)))
    sql = f"""
        SELECT {", ".join(columns)}, count(*) FROM {AGENT_SOURCE} WHERE {conditions.sql}
        GROUP BY {places}
    """  # noqa: S608 - own fragments, values are arguments
    counted = _Counted()
    for *group, count in await db.fetch_records(sql, *conditions.args):
        counted.add(group[: len(_OPTIONS)], group[len(_OPTIONS) :], count)
    return counted


async def _count_capabilities(query: AgentQuery) -> tuple[FacetCount, ...]:
    lifted = replace(query, filter=replace(query.filter, capabilities=()))
    conditions = conditions_of(lifted, await search.find_mode(lifted))
    sql = f"""
        SELECT value, least(count(*), {COUNT_UP_TO + 1})::int AS count
        FROM {AGENT_SOURCE}, unnest(a.capabilities) AS value WHERE {conditions.sql}
        GROUP BY value ORDER BY count(*) DESC, value LIMIT {_MOST_CAPABILITIES}
    """  # noqa: S608 - own fragments, values are arguments
    return tuple(await db.fetch_all(FacetCount, sql, *conditions.args))
