"""The search text and filters of the store, and their SQL conditions with numbered arguments."""

import math
from collections.abc import Sequence
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from chenu.agents import rising
from chenu.agents.listing import normalise_capabilities
from chenu.agents.model import AgentKind, PriceType
from chenu.agents.search_words import (
    Word,
    matching,
    matching_exactly,
    matching_wholly,
    read_words,
)
from chenu.core.i18n import LOCALES, mark
from chenu.core.site import shown_agents
from chenu.core.text import compose, storable
from chenu.tiers.catalogue import AgentLevel

REVERSED_PRICES = mark("The lowest price is above the highest")
_MAX_SEARCH = 200


class AgentSort(StrEnum):
    RELEVANCE = "RELEVANCE"
    NEWEST = "NEWEST"
    POPULAR = "POPULAR"
    RATING = "RATING"
    PRICE_ASC = "PRICE_ASC"
    PRICE_DESC = "PRICE_DESC"


class AgentFilter(msgspec.Struct, frozen=True):
    """Within a field any value may match, all fields must. Prices in cents.

    `is_rising` is True or None. `only`: the agents that the site shows, which nobody need name.
    """

    kinds: Sequence[AgentKind] = ()
    levels: Sequence[AgentLevel] = ()
    spheres: Sequence[str] = ()
    capabilities: Sequence[str] = ()
    price_types: Sequence[PriceType] = ()
    min_price: int | None = None
    max_price: int | None = None
    min_rating: float | None = None
    creator: str | None = None
    language: str | None = None
    is_rising: bool | None = None
    only: Sequence[UUID] = msgspec.field(default_factory=shown_agents)

    def __post_init__(self) -> None:
        """Normalises capabilities as they are stored."""
        msgspec.structs.force_setattr(
            self, "capabilities", tuple(normalise_capabilities(self.capabilities))
        )

    @property
    def has_reversed_prices(self) -> bool:
        """No agent can match: callers report it instead of showing an empty list."""
        lowest, highest = self.min_price, self.max_price
        return lowest is not None and highest is not None and lowest > highest


class AgentQuery(msgspec.Struct, frozen=True):
    """`search` is normalised as stored texts are."""

    search: str = ""
    filter: AgentFilter = msgspec.field(default_factory=AgentFilter)
    sort: AgentSort = AgentSort.RELEVANCE

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "search", compose(self.search))

    @property
    def identity(self) -> tuple[str, list[Any], AgentSort]:
        """Equal for queries with the same list in the same order, however they are written."""
        wanted = [
            sorted(set(value)) if isinstance(value, tuple | list) else value
            for value in (getattr(self.filter, name) for name in self.filter.__struct_fields__)
        ]
        return " ".join(self.search.split()), wanted, self.sort


class Mode(StrEnum):
    """What a search compares: nothing (all agents), words, similarity, or it matches nothing at
    all.
    """

    ALL = "ALL"
    WORDS = "WORDS"
    TYPOS = "TYPOS"
    NOTHING = "NOTHING"


def mode_at_first(search: str) -> Mode:
    """Before it is known whether words match. Punctuation alone, such as "!!!", matches nothing."""
    if not search.strip():
        return Mode.ALL
    return Mode.WORDS if read_words(search) else Mode.NOTHING


class Conditions:
    """SQL conditions with numbered arguments; values are never part of the SQL."""

    def __init__(self) -> None:
        self.args: list[Any] = []
        self.parts = ["a.status = 'PUBLISHED'", "a.kind <> 'CUSTOM'"]

    def arg(self, value: Any) -> str:
        self.args.append(value)
        return f"${len(self.args)}"

    def add(self, template: str, value: Any) -> None:
        """`template` with {} where the argument goes."""
        self.parts.append(template.format(self.arg(value)))

    @property
    def sql(self) -> str:
        return " AND ".join(self.parts)


RATING = "CASE WHEN a.review_count > 0 THEN a.rating_sum * 1000 / a.review_count ELSE 0 END"


_CONDITIONS = {
    "kinds": "a.kind = ANY({0})",
    "levels": "a.level = ANY({0})",
    "spheres": "a.sphere = ANY({0})",
    "capabilities": "a.capabilities && {0}",
    "price_types": "a.price_type = ANY({0})",
    "min_price": "a.price >= {0}",
    "max_price": "a.price <= {0}",
    "min_rating": RATING + " >= {0}",
    "creator": "c.handle = {0}",
    "language": "(a.language = {0} OR a.translations ? {0})",
    "is_rising": rising.RISING,
    "only": "a.id = ANY({0})",
}
"""By the fields of AgentFilter."""


def conditions_of(criteria: AgentQuery, mode: Mode) -> Conditions:
    conditions = Conditions()
    if mode is Mode.WORDS:
        query = conditions.arg(matching(read_words(criteria.search)))
        conditions.parts.append(
            f"(a.search_fr @@ to_tsquery('public.chenu_fr', {query})"
            f" OR a.search_en @@ to_tsquery('public.chenu_en', {query}))"
        )
    elif mode is Mode.TYPOS:
        conditions.add("fold({}) <% a.names", _storable(criteria.search[:_MAX_SEARCH]))
    elif mode is Mode.NOTHING:
        conditions.parts.append("false")
    of_filter = (condition_of(criteria.filter, name, conditions) for name in _CONDITIONS)
    conditions.parts += [condition for condition in of_filter if condition is not None]
    return conditions


def condition_of(wanted: AgentFilter, name: str, conditions: Conditions) -> str | None:
    """The condition of one filter field on an agent `a`; None if the field is not set."""
    value = getattr(wanted, name)
    if value in (None, (), []):
        return None
    if isinstance(value, str):
        value = _storable(value)
    elif name == "min_rating":
        value = _mills(value)
    elif name == "only":
        value = list(value)
    elif name == "is_rising":
        value = rising.since()
    elif not isinstance(value, int):
        value = [_storable(each) for each in value]
    return _CONDITIONS[name].format(conditions.arg(value))


HAS_OPTION = (
    "agent_options(a.kind, a.level, a.sphere, a.price_type, a.language, a.translations,"
    " a.capabilities) && {}::text[]"
)
"""SQL: an agent `a` counts for one of these; each has the filter's name before it. Indexed
together with words.
"""
_HAS_RANGE = "agent_ranges(a.price, a.rating_sum, a.review_count) && {}::text[]"
"""SQL: the price or the rating of an agent `a` is in one of these ranges. Indexed like options."""
_PRICES = (0, *(first * 10**digits for digits in range(10) for first in range(1, 10)))
"""Where ranges of prices begin, in cents: a range has all prices of as many digits that begin with
the same one.
"""
_RATINGS = range(11)
"""Ranges of ratings: half stars."""


def indexed_conditions_of(criteria: AgentQuery, mode: Mode) -> tuple[Conditions, bool]:
    """The same conditions, said once more in the words of an index; and whether it has any.

    The index knows words, options, and prices and ratings roughly. A creator's agents, those of a
    site and rising ones have indexes of their own.
    """
    conditions = conditions_of(criteria, mode)
    options, ranges = _options_of(criteria.filter), ranges_of(criteria.filter)
    for values in options:
        conditions.add(HAS_OPTION, values)
    for values in ranges:
        conditions.add(_HAS_RANGE, values)
    return conditions, mode is Mode.WORDS or bool(options or ranges)


def _options_of(wanted: AgentFilter) -> list[list[str]]:
    """For each filter field that is set the options of which an agent has to have one."""
    named = {
        name: [_storable(each) for each in getattr(wanted, name)]
        for name in ("kinds", "levels", "spheres", "price_types", "capabilities")
    }
    if wanted.language in LOCALES:
        named["language"] = [wanted.language]
    return [[f"{name}:{each}" for each in values] for name, values in named.items() if values]


def ranges_of(wanted: AgentFilter) -> list[list[str]]:
    """The ranges that have a wanted price, and those that have a wanted rating."""
    found = []
    lowest, highest = wanted.min_price, wanted.max_price
    if lowest is not None or highest is not None:
        ends = (*(price - 1 for price in _PRICES[1:]), math.inf)
        met = [
            f"price:{begin}"
            for begin, end in zip(_PRICES, ends, strict=True)
            if end >= (lowest or 0) and (highest is None or begin <= highest)
        ]
        found.append(met)
    if wanted.min_rating is not None:
        least = _mills(wanted.min_rating) // 500
        found.append([f"rating:{each}" for each in _RATINGS if each >= least])
    return found


def _mills(rating: float) -> int:
    """Thousandths of a star, as RATING has them; no rating is above 5."""
    return round(min(6.0, max(0.0, rating)) * 1000)


def _storable(text: str) -> str:
    """Replaces what the database cannot store, so that it matches nothing and is no error."""
    return compose(storable(text))


_NAMED = 20_000_000
_WRITTEN = 5_000_000
"""Bonuses above every rank, so that agents with the name as written come first.

One is for an agent of exactly this name; one for texts with a name such as GPT-4 as written; one
more where it is no part of a longer name. Then come GPT-4o, and GPT and 4 apart.
"""


def score_of(search: str, mode: Mode, conditions: Conditions) -> str:
    """How well an agent matches, as an integer, so that cursors compare exactly."""
    if mode is Mode.TYPOS:
        text = conditions.arg(_storable(search[:_MAX_SEARCH]))
        return f"(word_similarity(fold({text}), a.names) * 1000000)::bigint"
    words = read_words(search)
    query = conditions.arg(matching(words))
    name = conditions.arg(_storable(" ".join(search[:_MAX_SEARCH].split())))
    return (
        f"((ts_rank(a.search_fr, to_tsquery('public.chenu_fr', {query}))"
        f" + ts_rank(a.search_en, to_tsquery('public.chenu_en', {query}))) * 1000000)::bigint"
        f" + CASE WHEN starts_with(a.names || ' ', (SELECT fold({name}) || ' '))"
        f" THEN {_NAMED} ELSE 0 END{_score_as_written(words, conditions)}"
    )


def _score_as_written(words: Sequence[Word], conditions: Conditions) -> str:
    """Ordinary words match in any form; a name such as GPT-4 ranks higher as written."""
    if not any(word.is_name for word in words):
        return ""
    queries = [conditions.arg(make(words)) for make in (matching_exactly, matching_wholly)]
    return "".join(
        f" + CASE WHEN a.search_fr @@ (SELECT to_tsquery('public.chenu_fr', {query}))"
        f" OR a.search_en @@ (SELECT to_tsquery('public.chenu_en', {query}))"
        f" THEN {_WRITTEN} ELSE 0 END"
        for query in queries
    )
