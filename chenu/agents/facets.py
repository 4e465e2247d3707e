"""How many agents each filter option would show, with the other filters unchanged.

No count reads more than 1,001 agents, above which nobody counts. A part of the matches is read once
for all options, grouped; of an option that has not reached 1,001 in it, agents are then read by
themselves, found by the index of options. An agent has several capabilities, so these have a
statement of their own. decisions/0107.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from chenu.agents import search
from chenu.agents.model import AgentKind, PriceType
from chenu.agents.search import COUNT_UP_TO, count_matches, some_agents, some_that_meet
from chenu.agents.search_query import (
    HAS_OPTION,
    AgentFilter,
    AgentQuery,
    Mode,
    indexed_conditions_of,
    mode_at_first,
)
from chenu.core import db
from chenu.core.i18n import LOCALES
from chenu.tiers.catalogue import AgentLevel
from chenu.tiers.spheres import SPHERES

_READ_TOGETHER = 10_000
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


class _Counted(msgspec.Struct):
    """Options by filter field."""

    total: int
    options: dict[str, Counter[str]]

    def of(self, name: str) -> tuple[FacetCount, ...]:
        return _by_frequency(self.options[name])


def _by_frequency(counts: Counter[str]) -> tuple[FacetCount, ...]:
    options = [FacetCount(value, _capped(count)) for value, count in counts.items() if count]
    return tuple(sorted(options, key=lambda option: (-option.count, option.value)))


def _capped(count: int) -> int:
    return min(count, COUNT_UP_TO + 1)


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
    most = _read_for(sum(len(_KNOWN[name]) for name in names))
    matches, args = some_agents(query, mode, listed, most + 1)
    grouped = ", ".join(names)
    sql = f"SELECT {grouped}, count(*) FROM ({matches}) matches GROUP BY {grouped}"  # noqa: S608 - own fragments, values are arguments
    counted = _Counted(0, {name: Counter() for name in names})
    for *group, count in await db.fetch_records(sql, *args):
        counted.total += count
        for name, values in zip(names, group, strict=True):
            counted.options[name].update(dict.fromkeys((values or "").split(), count))
    if counted.total > most:
        for name, found in counted.options.items():
            found.update(dict.fromkeys(_KNOWN[name], 0))
            await _count_rest(query, mode, name, found)
    return counted


def _read_for(counts: int) -> int:
    """So many matches are read together for so many counts: no more than for each by itself."""
    return min(_READ_TOGETHER, counts * COUNT_UP_TO)


async def _count_rest(query: AgentQuery, mode: Mode, name: str, found: Counter[str]) -> None:
    """What the first matches leave open is counted by itself: at most 1,001 agents are read."""
    rest = [f"{name}:{option}" for option, count in found.items() if count <= COUNT_UP_TO]
    if not rest:
        return
    conditions, _ = indexed_conditions_of(query, mode)
    conditions.parts.append(HAS_OPTION.format("ARRAY[named.option]"))
    asked = conditions.arg(rest)
    matches = some_that_meet(conditions.sql, mode, "1 AS one", COUNT_UP_TO + 1, has_index=True)
    sql = f"""
        SELECT named.option, (SELECT count(*) FROM ({matches}) matches)
        FROM unnest({asked}::text[]) AS named (option)
    """  # noqa: S608 - own fragments, values are arguments
    for option, count in await db.fetch_records(sql, *conditions.args):
        found[option.removeprefix(f"{name}:")] = count


async def _count_capabilities(query: AgentQuery) -> tuple[FacetCount, ...]:
    lifted = replace(query, filter=replace(query.filter, capabilities=()))
    mode = await search.find_mode(lifted)
    most = _read_for(_MOST_CAPABILITIES)
    matches, args = some_agents(lifted, mode, "a.capabilities AS named", most + 1)
    sql = f"""
        WITH matches AS MATERIALIZED ({matches})
        SELECT value, count(*) AS count, (SELECT count(*) FROM matches) AS read
        FROM matches, unnest(named) AS value
        GROUP BY value ORDER BY count(*) DESC, value LIMIT {_MOST_CAPABILITIES}
    """  # noqa: S608 - own fragments, values are arguments
    found = await db.fetch_records(sql, *args)
    counts = Counter({value: count for value, count, _ in found})
    if any(read > most for _, _, read in found):
        await _count_rest(lifted, mode, "capabilities", counts)
    return _by_frequency(counts)
