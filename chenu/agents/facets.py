"""How many agents each filter option would show, with the other filters unchanged.

One statement groups the first 10,000 matches by everything that is counted. If there are more, most
options have reached 1,000 among them, above which nobody counts; the others are counted one by one,
as their choice would be. An agent has several capabilities, so these have a statement of their own.
decisions/0098.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from chenu.agents import search
from chenu.agents.model import AgentKind, PriceType
from chenu.agents.search import COUNT_UP_TO, count_matches, some_agents
from chenu.agents.search_query import (
    HAS_OPTION,
    AgentFilter,
    AgentQuery,
    Mode,
    conditions_of,
    conditions_of_filter,
    mode_at_first,
)
from chenu.core import db
from chenu.core.i18n import LOCALES
from chenu.tiers.catalogue import AgentLevel
from chenu.tiers.spheres import SPHERES

_READ = 10_000
"""Of so many matches all options are counted at once."""
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
_KNOWN: dict[str, tuple[str, ...]] = {
    "kinds": (AgentKind.PLATFORM, AgentKind.MARKETPLACE),
    "levels": tuple(AgentLevel),
    "spheres": tuple(sphere.code for sphere in SPHERES),
    "price_types": tuple(PriceType),
    "language": tuple(LOCALES),
}
"""All options there are: a rare one may be missing among the first matches."""
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
    """Each dimension without its own filter: the result of choosing another option.

    Of the capabilities, the most frequent 40 among the matches that are read.
    """
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


class _Counted(msgspec.Struct):
    """Options by filter field."""

    total: int
    options: dict[str, Counter[str]]

    def of(self, name: str) -> tuple[FacetCount, ...]:
        found = sorted(self.options[name].items(), key=lambda option: (-option[1], option[0]))
        return tuple(FacetCount(value, _capped(count)) for value, count in found if count)


async def _count_options(query: AgentQuery) -> _Counted:
    """As in the list, similarity is only searched if no word matches."""
    mode = mode_at_first(query.search)
    counted = await _count_in_mode(query, mode)
    if counted.total or mode is not Mode.WORDS:
        return counted
    alike = await _count_in_mode(query, Mode.TYPOS)
    options = {name: found or alike.options[name] for name, found in counted.options.items()}
    return _Counted(alike.total, options)


async def _count_in_mode(query: AgentQuery, mode: Mode) -> _Counted:
    """The matches have all options of the fields that are not set; those of a field that is set
    are counted among the matches of the others.
    """
    chosen = [name for name in _OPTIONS if getattr(query.filter, name)]
    counted = await _count_groups(query, mode, [name for name in _OPTIONS if name not in chosen])
    for name in chosen:
        lifted = _choose(query, name, _LIFTED[name])
        counted.options |= (await _count_groups(lifted, mode, [name])).options
    return counted


def _choose(query: AgentQuery, name: str, value: Any) -> AgentQuery:
    return replace(query, filter=replace(query.filter, **{name: value}))


async def _count_groups(query: AgentQuery, mode: Mode, names: Sequence[str]) -> _Counted:
    if not names:
        return _Counted(await count_matches(query, mode), {})
    listed = ", ".join(f"{_OPTIONS[name]} AS {name}" for name in names)
    matches, args = some_agents(query, mode, listed, _READ + 1)
    grouped = ", ".join(names)
    sql = f"SELECT {grouped}, count(*) FROM ({matches}) matches GROUP BY {grouped}"  # noqa: S608 - own fragments, values are arguments
    counted = _Counted(0, {name: Counter() for name in names})
    for *group, count in await db.fetch_records(sql, *args):
        counted.total += count
        for name, values in zip(names, group, strict=True):
            counted.options[name].update(dict.fromkeys((values or "").split(), count))
    if counted.total > _READ:
        await _count_what_is_rare(query, mode, counted)
    return counted


async def _count_what_is_rare(query: AgentQuery, mode: Mode, counted: _Counted) -> None:
    """What the first matches leave open is counted by itself."""
    for name, options in counted.options.items():
        for value in {*_KNOWN[name], *options}:
            if options[value] <= COUNT_UP_TO:
                options[value] = await _count_option(query, mode, name, value)


async def _count_option(query: AgentQuery, mode: Mode, name: str, value: str) -> int:
    """By the index of options and words: whatever else is asked for, many agents meet it."""
    conditions = conditions_of(AgentQuery(query.search, AgentFilter(only=())), mode)
    conditions.add(HAS_OPTION, [f"{name}:{value}"])
    by_index = conditions.sql
    others = " AND ".join(conditions_of_filter(query.filter, conditions)) or "true"
    sql = f"""
        WITH found AS MATERIALIZED (SELECT * FROM agent a WHERE {by_index})
        SELECT count(*) FROM (
            SELECT 1 FROM found a LEFT JOIN creator c ON c.id = a.creator
            WHERE {others} LIMIT {COUNT_UP_TO + 1}) counted
    """  # noqa: S608 - own fragments, values are arguments
    return int(await db.fetch_value(sql, *conditions.args))


async def _count_capabilities(query: AgentQuery) -> tuple[FacetCount, ...]:
    lifted = replace(query, filter=replace(query.filter, capabilities=()))
    mode = await search.find_mode(lifted)
    matches, args = some_agents(lifted, mode, "a.capabilities AS named", _READ + 1)
    sql = f"""
        WITH matches AS MATERIALIZED ({matches})
        SELECT value, count(*) AS count, (SELECT count(*) FROM matches) AS read
        FROM matches, unnest(named) AS value
        GROUP BY value ORDER BY count(*) DESC, value LIMIT {_MOST_CAPABILITIES}
    """  # noqa: S608 - own fragments, values are arguments
    found = []
    for value, count, read in await db.fetch_records(sql, *args):
        if count <= COUNT_UP_TO and read > _READ:
            count = await _count_option(lifted, mode, "capabilities", value)
        found.append(FacetCount(value, _capped(count)))
    return tuple(sorted(found, key=lambda option: -option.count))
