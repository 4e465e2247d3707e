"""Browsing the store: full text in both languages, typos, filters, order, counts per option.

Only published agents that anybody may see. docs/architecture.md, "Search".
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from chenu.agents.model import AgentKind, PriceType
from chenu.agents.most_installed import most_installed
from chenu.agents.rows import AGENT_COLUMNS, AGENT_SOURCE, AgentRow
from chenu.core import db
from chenu.core.paging import Key, Keyset, Page, PageWish, by_time, cut
from chenu.tiers.catalogue import AgentLevel

COUNT_UP_TO = 1000
"""Counts are exact up to this; one more means 'more'."""
_RANKED = 1000
_RANKED_AT_LEAST = 300
_MAX_WORDS = 8
_MAX_SEARCH = 200
_UNSTORABLE = dict.fromkeys([0, *range(0xD800, 0xE000)], "\N{REPLACEMENT CHARACTER}")


class AgentSort(StrEnum):
    RELEVANCE = "RELEVANCE"
    NEWEST = "NEWEST"
    POPULAR = "POPULAR"
    RATING = "RATING"
    PRICE_ASC = "PRICE_ASC"
    PRICE_DESC = "PRICE_DESC"


@dataclass(frozen=True, slots=True)
class AgentFilter:
    """Within a list any value fits, between lists all must. Prices in cents."""

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


@dataclass(frozen=True, slots=True)
class AgentWish:
    search: str = ""
    filter: AgentFilter = field(default_factory=AgentFilter)
    sort: AgentSort = AgentSort.RELEVANCE


class AgentHit(AgentRow, frozen=True, dict=True):
    """`sort_value` is what the list is ordered by, for the cursor."""

    sort_value: Any

    @property
    def key(self) -> Key:
        value = self.sort_value
        return (value.isoformat() if isinstance(value, datetime) else value, str(self.id))


class _Mode(StrEnum):
    ALL = "ALL"
    WORDS = "WORDS"
    TYPOS = "TYPOS"


class _Conditions:
    """SQL conditions with their numbered arguments; values never enter the text."""

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


_RATING = "CASE WHEN a.review_count > 0 THEN a.rating_sum * 1000 / a.review_count ELSE 0 END"
_BY_INSTALLS = Keyset("a.installs", "a.id")
_ORDERS = {
    AgentSort.NEWEST: by_time("a.published_at", "a.id"),
    AgentSort.POPULAR: _BY_INSTALLS,
    AgentSort.RATING: Keyset(_RATING, "a.id"),
    AgentSort.PRICE_ASC: Keyset("a.price", "a.id", descending=False),
    AgentSort.PRICE_DESC: Keyset("a.price", "a.id"),
}


async def list_agents(wish: AgentWish, page: PageWish) -> Page[AgentHit]:
    """RELEVANCE ranks the matches of a search; without one it is POPULAR."""
    if not _words(wish.search):
        return await _list_by(wish, _Mode.ALL, page)
    found = await _list_matches(wish, _Mode.WORDS, page)
    if found.rows or await _find_mode(wish) is _Mode.WORDS:
        return found
    return await _list_matches(wish, _Mode.TYPOS, page)


async def _list_matches(wish: AgentWish, mode: _Mode, page: PageWish) -> Page[AgentHit]:
    if wish.sort is AgentSort.RELEVANCE:
        return await _list_ranked(wish, mode, page)
    if wish.sort is AgentSort.POPULAR and mode is _Mode.WORDS:
        return await _list_most_installed(wish, page)
    return await _list_by(wish, mode, page)


async def _list_by(wish: AgentWish, mode: _Mode, page: PageWish) -> Page[AgentHit]:
    conditions = _conditions(wish, mode)
    order = _ORDERS.get(wish.sort, _BY_INSTALLS)
    conditions.parts.append(order.where(page, conditions.args))
    sql = f"""
        SELECT {AGENT_COLUMNS}, {order.expression} AS sort_value FROM {AGENT_SOURCE}
        WHERE {conditions.sql} ORDER BY {order.order(page)} LIMIT {page.size + 1}
    """  # noqa: S608 - own fragments, values are arguments
    return cut(await db.fetch_all(AgentHit, sql, *conditions.args), page)


async def _list_most_installed(wish: AgentWish, page: PageWish) -> Page[AgentHit]:
    conditions = _conditions(wish, _Mode.WORDS)
    conditions.parts.append(_BY_INSTALLS.where(page, conditions.args))
    matches = most_installed(conditions.sql, page.size + 1, least_first=page.backwards)
    sql = f"""
        SELECT {AGENT_COLUMNS}, m.installs AS sort_value
        FROM ({matches}) m JOIN {AGENT_SOURCE} ON a.id = m.id
        ORDER BY {_BY_INSTALLS.order(page)}
    """  # noqa: S608 - own fragments, values are arguments
    return cut(await db.fetch_all(AgentHit, sql, *conditions.args), page)


async def _list_ranked(wish: AgentWish, mode: _Mode, page: PageWish) -> Page[AgentHit]:
    """The best of the most installed matches: ranking every match would cost too much."""
    conditions = _conditions(wish, mode)
    score = _score(wish.search, mode, conditions)
    matches = f"""
        SELECT a.id AS agent_id, {score} AS score
        FROM ({_most_installed(conditions.sql, mode)}) m JOIN agent a ON a.id = m.id
    """  # noqa: S608 - own fragments, values are arguments
    order = Keyset("m.score", "m.agent_id")
    listed = f"""
        SELECT * FROM ({matches}) m WHERE {order.where(page, conditions.args)}
        ORDER BY {order.order(page)} LIMIT {page.size + 1}
    """  # noqa: S608 - own fragments, values are arguments
    sql = f"""
        SELECT {AGENT_COLUMNS}, m.score AS sort_value
        FROM ({listed}) m JOIN {AGENT_SOURCE} ON a.id = m.agent_id ORDER BY {order.order(page)}
    """  # noqa: S608 - own fragments, values are arguments
    return cut(await db.fetch_all(AgentHit, sql, *conditions.args), page)


def _most_installed(conditions: str, mode: _Mode) -> str:
    if mode is _Mode.WORDS:
        return most_installed(conditions, _RANKED, enough=_RANKED_AT_LEAST)
    return f"""
        SELECT a.id FROM {AGENT_SOURCE} WHERE {conditions}
        ORDER BY a.installs DESC, a.id DESC LIMIT {_RANKED}
    """  # noqa: S608 - own fragments


async def count_agents(wish: AgentWish) -> int:
    """Exact up to COUNT_UP_TO, one more for 'more'."""
    conditions = _conditions(wish, await _find_mode(wish))
    sql = f"""
        SELECT count(*) FROM (
            SELECT 1 FROM {AGENT_SOURCE} WHERE {conditions.sql} LIMIT {COUNT_UP_TO + 1}) matches
    """  # noqa: S608 - own fragments, values are arguments
    return int(await db.fetch_value(sql, *conditions.args))


async def matching(wish: AgentWish, dimension: str) -> tuple[str, list[Any]]:
    """SQL that gives `dimension` as "value" for each match, and its arguments."""
    conditions = _conditions(wish, await _find_mode(wish))
    sql = f"SELECT {dimension} AS value FROM {AGENT_SOURCE} WHERE {conditions.sql}"  # noqa: S608 - own text
    return sql, conditions.args


async def _find_mode(wish: AgentWish) -> _Mode:
    """Words where they match anything within the filter, else what looks alike."""
    if not _words(wish.search):
        return _Mode.ALL
    conditions = _conditions(wish, _Mode.WORDS)
    # Without MATERIALIZED the LIMIT makes PostgreSQL read the table until a rare word turns up.
    sql = f"""
        WITH match AS MATERIALIZED (SELECT 1 FROM {AGENT_SOURCE} WHERE {conditions.sql})
        SELECT 1 FROM match LIMIT 1
    """  # noqa: S608 - own fragments, values are arguments
    return _Mode.WORDS if await db.fetch_value(sql, *conditions.args) else _Mode.TYPOS


def _conditions(wish: AgentWish, mode: _Mode) -> _Conditions:
    conditions = _Conditions()
    if mode is _Mode.WORDS:
        query = conditions.arg(_to_tsquery(wish.search))
        conditions.parts.append(
            f"(a.search_fr @@ to_tsquery('public.chenu_fr', {query})"
            f" OR a.search_en @@ to_tsquery('public.chenu_en', {query}))"
        )
    elif mode is _Mode.TYPOS:
        conditions.add("fold({}) <% a.names", _storable(wish.search[:_MAX_SEARCH]))
    _add_filter(conditions, wish.filter)
    return conditions


def _add_filter(conditions: _Conditions, wanted: AgentFilter) -> None:
    lists = {
        "a.kind = ANY({})": wanted.kinds,
        "a.level = ANY({})": wanted.levels,
        "a.sphere = ANY({})": wanted.spheres,
        "a.capabilities && {}": wanted.capabilities,
        "a.price_type = ANY({})": wanted.price_types,
    }
    for template, values in lists.items():
        if values:
            conditions.add(template, [_storable(value) for value in values])
    single = {
        "a.price >= {}": wanted.min_price,
        "a.price <= {}": wanted.max_price,
        _RATING + " >= {}": None if wanted.min_rating is None else _mills(wanted.min_rating),
        "c.handle = {}": wanted.creator,
        "(a.language = {0} OR a.translations ? {0})": wanted.language,
    }
    for template, value in single.items():
        if value is not None:
            conditions.add(template, _storable(value) if isinstance(value, str) else value)


def _mills(rating: float) -> int:
    """Thousandths of a star, as _RATING has them; no rating is above 5."""
    return round(min(6.0, max(0.0, rating)) * 1000)


def _storable(text: str) -> str:
    """What the database cannot take matches nothing, and is no error."""
    return text.translate(_UNSTORABLE)


def _score(search: str, mode: _Mode, conditions: _Conditions) -> str:
    """How well an agent fits, as an integer: keys compare exactly."""
    if mode is _Mode.TYPOS:
        text = conditions.arg(_storable(search[:_MAX_SEARCH]))
        return f"(word_similarity(fold({text}), a.names) * 1000000)::bigint"
    query = conditions.arg(_to_tsquery(search))
    return (
        f"((ts_rank(a.search_fr, to_tsquery('public.chenu_fr', {query}))"
        f" + ts_rank(a.search_en, to_tsquery('public.chenu_en', {query}))) * 1000000)::bigint"
    )


def _words(search: str) -> list[str]:
    return re.findall(r"\w+", search[:_MAX_SEARCH])[:_MAX_WORDS]


def _to_tsquery(search: str) -> str:
    """All words; the last may be unfinished, as people type."""
    words = _words(search)
    return " & ".join([*words[:-1], f"{words[-1]}:*"])
