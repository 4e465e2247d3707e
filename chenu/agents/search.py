"""Browsing the store: full text in both languages, typos, filters, order, counts per option.

Only published agents that everybody may see. docs/architecture.md, "Search".
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from chenu.agents.first_in_order import among_the_first, of_all_matches
from chenu.agents.model import AgentId
from chenu.agents.most_installed import most_installed, some_matches
from chenu.agents.rows import (
    AGENT_COLUMNS,
    AGENT_SOURCE,
    CARD_COLUMNS,
    AgentCard,
    AgentRow,
    shown_columns,
)
from chenu.agents.search_query import (
    RATING,
    AgentQuery,
    AgentSort,
    Conditions,
    Mode,
    condition_of,
    conditions_of,
    indexed_conditions_of,
    mode_at_first,
    score_of,
)
from chenu.core import db
from chenu.core.i18n import Locale
from chenu.core.paging import Key, Keyset, Page, PageRequest, by_time, cut
from chenu.core.row_reader import make_reader

COUNT_UP_TO = 1000
"""Counts are exact up to this; one more means "more"."""
_RANKED = 1000
_RANKED_AT_LEAST = 300


class AgentHit(AgentRow, frozen=True, dict=True):
    """`sort_value` is the value that the list is ordered by, for the cursor."""

    sort_value: Any

    @property
    def key(self) -> Key:
        return _key(self.sort_value, self.id)


class CardHit(msgspec.Struct, frozen=True):
    """`sort_value` is not part of the card, which is shared by many searches."""

    card: AgentCard
    sort_value: Any

    @property
    def key(self) -> Key:
        return _key(self.sort_value, self.card.id)


def _key(sort_value: Any, agent_id: AgentId) -> Key:
    value = sort_value.isoformat() if isinstance(sort_value, datetime) else sort_value
    return value, str(agent_id)


Hit = TypeVar("Hit")
_Read = Callable[[str, list[Any]], Awaitable[Sequence[Hit]]]


_BY_INSTALLS = Keyset("a.installs", "a.id")
_ORDERS = {
    AgentSort.NEWEST: by_time("a.published_at", "a.id"),
    AgentSort.POPULAR: _BY_INSTALLS,
    AgentSort.RATING: Keyset(RATING, "a.id"),
    AgentSort.PRICE_ASC: Keyset("a.price", "a.id", descending=False),
    AgentSort.PRICE_DESC: Keyset("a.price", "a.id"),
}
_FIRST_PRICE = {AgentSort.PRICE_ASC: "min_price", AgentSort.PRICE_DESC: "max_price"}
"""Filter fields that say where such an order begins: before it no agent matches."""


async def list_agents(query: AgentQuery, page: PageRequest) -> Page[AgentHit]:
    """RELEVANCE orders the matches of a search by rank; without a search it is POPULAR."""
    return cut(await _list(query, page, AGENT_COLUMNS, _read_agents), page)


async def list_cards(query: AgentQuery, page: PageRequest, locale: Locale) -> Page[CardHit]:
    """The same list with the columns of a card."""
    return cut(await _list(query, page, CARD_COLUMNS[locale], _read_cards), page)


async def list_shown(
    query: AgentQuery, page: PageRequest, names: tuple[str, ...], locale: Locale
) -> Page[Any]:
    """The same list as records of these fields of an AgentRow, then "sort_value"."""
    columns = shown_columns(names, locale)
    return cut(await _list(query, page, columns, _read_records), page)


def shown_key(record: Any) -> Key:
    """Of such a record, if its id is shown."""
    return _key(record["sort_value"], record["id"])


async def _read_records(sql: str, args: Sequence[Any]) -> Sequence[Any]:
    return await db.fetch_records(sql, *args)


async def _read_agents(sql: str, args: Sequence[Any]) -> Sequence[AgentHit]:
    return await db.fetch_all(AgentHit, sql, *args)


async def _read_cards(sql: str, args: Sequence[Any]) -> Sequence[CardHit]:
    records = await db.fetch_records(sql, *args)
    read = make_reader(AgentCard)
    return [CardHit(read(record[:-1]), record[-1]) for record in records]


async def _list(
    query: AgentQuery, page: PageRequest, columns: str, read: _Read[Hit]
) -> Sequence[Hit]:
    """Most searches find words: similarity is searched only if no word matches."""
    mode = mode_at_first(query.search)
    if mode is Mode.NOTHING:
        return ()
    if mode is Mode.ALL:
        return await _list_in_order(query, page, columns, read, mode)
    found = await _list_words(query, page, columns, read)
    if found or await find_mode(query) is Mode.WORDS:
        return found
    return await read(*_select(query, Mode.TYPOS, page, columns))


async def _list_words(
    query: AgentQuery, page: PageRequest, columns: str, read: _Read[Hit]
) -> Sequence[Hit]:
    if query.sort in (AgentSort.RELEVANCE, AgentSort.POPULAR):
        return await read(*_select(query, Mode.WORDS, page, columns))
    return await _list_in_order(query, page, columns, read, Mode.WORDS)


async def _list_in_order(
    query: AgentQuery, page: PageRequest, columns: str, read: _Read[Hit], mode: Mode
) -> Sequence[Hit]:
    """What is frequent is found at the beginning of an order's index, what is rare by the index of
    words and options.
    """
    indexed, has_index = indexed_conditions_of(query, mode)
    if not has_index:
        return await read(*_select(query, mode, page, columns))
    order, conditions = _ORDERS.get(query.sort, _BY_INSTALLS), conditions_of(query, mode)
    met = conditions.sql
    begin = _begin(query, order, page, conditions)
    found = await read(among_the_first(met, order, begin, page, columns), conditions.args)
    if len(found) > page.size:
        return found
    begin = order.where(page, indexed.args)
    return await read(of_all_matches(indexed.sql, order, begin, page, columns), indexed.args)


def _begin(query: AgentQuery, order: Keyset, page: PageRequest, conditions: Conditions) -> str:
    begin, price = order.where(page, conditions.args), _FIRST_PRICE.get(query.sort)
    first = condition_of(query.filter, price, conditions) if price else None
    return f"{begin} AND {first}" if first else begin


def _select(
    query: AgentQuery, mode: Mode, page: PageRequest, columns: str
) -> tuple[str, list[Any]]:
    """SQL that gives `columns` followed by "sort_value", and its arguments."""
    if query.sort is AgentSort.RELEVANCE and mode is not Mode.ALL:
        return _select_ranked(query, mode, page, columns)
    if query.sort is AgentSort.POPULAR and mode is Mode.WORDS:
        return _select_most_installed(query, page, columns)
    conditions = conditions_of(query, mode)
    order = _ORDERS.get(query.sort, _BY_INSTALLS)
    conditions.parts.append(order.where(page, conditions.args))
    sql = f"""
        SELECT {columns}, {order.expression} AS sort_value FROM {AGENT_SOURCE}
        WHERE {conditions.sql} ORDER BY {order.order(page)} LIMIT {page.size + 1}
    """  # noqa: S608 - own fragments, values are arguments
    return sql, conditions.args


def _select_most_installed(
    query: AgentQuery, page: PageRequest, columns: str
) -> tuple[str, list[Any]]:
    conditions, _ = indexed_conditions_of(query, Mode.WORDS)
    conditions.parts.append(_BY_INSTALLS.where(page, conditions.args))
    matches = most_installed(conditions.sql, page.size + 1, least_first=page.backwards)
    sql = f"""
        SELECT {columns}, m.installs AS sort_value
        FROM ({matches}) m JOIN {AGENT_SOURCE} ON a.id = m.id ORDER BY {_BY_INSTALLS.order(page)}
    """  # noqa: S608 - own fragments, values are arguments
    return sql, conditions.args


def _select_ranked(
    query: AgentQuery, mode: Mode, page: PageRequest, columns: str
) -> tuple[str, list[Any]]:
    """Ranks the most installed matches only, because ranking every match would cost too much."""
    conditions, _ = indexed_conditions_of(query, mode)
    score = score_of(query.search, mode, conditions)
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
        SELECT {columns}, m.score AS sort_value
        FROM ({listed}) m JOIN {AGENT_SOURCE} ON a.id = m.agent_id ORDER BY {order.order(page)}
    """  # noqa: S608 - own fragments, values are arguments
    return sql, conditions.args


def _most_installed(conditions: str, mode: Mode) -> str:
    if mode is Mode.WORDS:
        return most_installed(conditions, _RANKED, enough=_RANKED_AT_LEAST)
    return f"""
        SELECT a.id FROM {AGENT_SOURCE} WHERE {conditions}
        ORDER BY a.installs DESC, a.id DESC LIMIT {_RANKED}
    """  # noqa: S608 - own fragments


async def count_agents(query: AgentQuery) -> int:
    """Exact up to COUNT_UP_TO; one more means "more"."""
    mode = mode_at_first(query.search)
    count = await count_matches(query, mode)
    return count if count or mode is not Mode.WORDS else await count_matches(query, Mode.TYPOS)


async def count_matches(query: AgentQuery, mode: Mode) -> int:
    """The same where it is known what the search compares."""
    matches, args = some_agents(query, mode, "1 AS one", COUNT_UP_TO + 1)
    sql = f"SELECT count(*) FROM ({matches}) matches"  # noqa: S608 - own fragments, values are arguments
    return int(await db.fetch_value(sql, *args))


def some_agents(query: AgentQuery, mode: Mode, columns: str, count: int) -> tuple[str, list[Any]]:
    """SQL: `columns` of at most `count` agents that match, in no order; and its arguments."""
    conditions, has_index = indexed_conditions_of(query, mode)
    return some_that_meet(conditions.sql, mode, columns, count, has_index), conditions.args


def some_that_meet(conditions: str, mode: Mode, columns: str, count: int, has_index: bool) -> str:
    """SQL: the same of agents `a`; `has_index`: the conditions name words, options or ranges."""
    if has_index and mode is not Mode.TYPOS:
        return some_matches(conditions, columns, count)
    agents = f"SELECT {columns} FROM {AGENT_SOURCE} WHERE {conditions}"  # noqa: S608 - own fragments
    if mode is Mode.ALL:
        return f"{agents} LIMIT {count}"
    # MATERIALIZED: with LIMIT, PostgreSQL would scan the table until enough look alike.
    return f"WITH found AS MATERIALIZED ({agents}) SELECT * FROM found LIMIT {count}"  # noqa: S608 - own fragments


async def find_mode(query: AgentQuery) -> Mode:
    """WORDS if any agent within the filter matches them, else similarity."""
    mode = mode_at_first(query.search)
    if mode is not Mode.WORDS:
        return mode
    sql, args = some_agents(query, Mode.WORDS, "1 AS one", 1)
    return Mode.WORDS if await db.fetch_value(sql, *args) else Mode.TYPOS
