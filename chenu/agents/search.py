"""Browsing the store: full text in both languages, typos, filters, order, counts per option.

Only published agents that anybody may see. docs/architecture.md, "Search".
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from chenu.agents.model import AgentId, AgentKind, PriceType
from chenu.agents.rows import AGENT_COLUMNS, AGENT_SOURCE, CARD_COLUMNS, AgentCard, AgentRow
from chenu.core import db
from chenu.core.i18n import Locale
from chenu.core.paging import Key, Keyset, Page, PageWish, by_time, cut
from chenu.tiers.catalogue import AgentLevel

COUNT_UP_TO = 1000
"""Counts are exact up to this; one more means 'more'."""
_RANKED = 1000
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
        return _key(self.sort_value, self.id)


class CardHit(msgspec.Struct, frozen=True):
    """`sort_value` stands beside the card: the same card is found by many searches."""

    card: AgentCard
    sort_value: Any

    @property
    def key(self) -> Key:
        return _key(self.sort_value, self.card.id)


def _key(sort_value: Any, agent_id: AgentId) -> Key:
    value = sort_value.isoformat() if isinstance(sort_value, datetime) else sort_value
    return value, str(agent_id)


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
_ORDERS = {
    AgentSort.NEWEST: by_time("a.published_at", "a.id"),
    AgentSort.POPULAR: Keyset("a.installs", "a.id"),
    AgentSort.RATING: Keyset(_RATING, "a.id"),
    AgentSort.PRICE_ASC: Keyset("a.price", "a.id", descending=False),
    AgentSort.PRICE_DESC: Keyset("a.price", "a.id"),
}


async def list_agents(wish: AgentWish, page: PageWish) -> Page[AgentHit]:
    """RELEVANCE ranks the matches of a search; without one it is POPULAR."""
    sql, args = await _select(wish, page, AGENT_COLUMNS)
    return cut(await db.fetch_all(AgentHit, sql, *args), page)


async def list_cards(wish: AgentWish, page: PageWish, locale: Locale) -> Page[CardHit]:
    """The same list with what a card shows."""
    sql, args = await _select(wish, page, CARD_COLUMNS[locale])
    records = await db.fetch_records(sql, *args)
    return cut([CardHit(AgentCard(*record[:-1]), record[-1]) for record in records], page)


async def _select(wish: AgentWish, page: PageWish, columns: str) -> tuple[str, list[Any]]:
    """SQL that gives `columns` and after them "sort_value", and its arguments."""
    mode = await _find_mode(wish)
    if wish.sort is AgentSort.RELEVANCE and mode is not _Mode.ALL:
        return _select_ranked(wish, mode, page, columns)
    conditions = _conditions(wish, mode)
    order = _ORDERS.get(wish.sort, _ORDERS[AgentSort.POPULAR])
    conditions.parts.append(order.where(page, conditions.args))
    sql = f"""
        SELECT {columns}, {order.expression} AS sort_value FROM {AGENT_SOURCE}
        WHERE {conditions.sql} ORDER BY {order.order(page)} LIMIT {page.size + 1}
    """  # noqa: S608 - own fragments, values are arguments
    return sql, conditions.args


def _select_ranked(
    wish: AgentWish, mode: _Mode, page: PageWish, columns: str
) -> tuple[str, list[Any]]:
    """The best of the most installed matches: ranking every match would cost too much."""
    conditions = _conditions(wish, mode)
    score = _score(wish.search, mode, conditions)
    matches = f"""
        SELECT a.id AS agent_id, {score} AS score FROM (
            SELECT a.* FROM {AGENT_SOURCE} WHERE {conditions.sql}
            ORDER BY a.installs DESC, a.id DESC LIMIT {_RANKED}) a
    """  # noqa: S608 - own fragments, values are arguments
    order = Keyset("m.score", "a.id")
    after = order.where(page, conditions.args)
    sql = f"""
        SELECT {columns}, m.score AS sort_value
        FROM ({matches}) m JOIN {AGENT_SOURCE} ON a.id = m.agent_id
        WHERE {after} ORDER BY {order.order(page)} LIMIT {page.size + 1}
    """  # noqa: S608 - own fragments, values are arguments
    return sql, conditions.args


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
    sql = f"SELECT 1 FROM {AGENT_SOURCE} WHERE {conditions.sql} LIMIT 1"  # noqa: S608 - own text
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
