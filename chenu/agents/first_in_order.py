"""SQL for the first matches of words in an order that an index has: newest, price, rating.

A frequent word is soon found by walking that index, a rare one has few matches to sort; what a word
is cannot be known beforehand, because PostgreSQL has no statistics of beginnings of words. So the
walk comes first and ends after LOOKED_AT agents, whatever it found: with S agents on sale, a word
that it did not find often enough has about 21/LOOKED_AT of S matches at most. decisions/0098.
"""

from chenu.agents.most_installed import every_match
from chenu.agents.rows import AGENT_SOURCE
from chenu.core.paging import Keyset, PageRequest

LOOKED_AT = 4_000


def among_the_first(
    conditions: str, order: Keyset, begin: str, page: PageRequest, columns: str
) -> str:
    """SQL: one more than a page of the agents that meet the conditions, among the next LOOKED_AT.

    `begin` skips to the page. Fewer rows than asked for say nothing: there may be more.
    """
    by = _direction(order, page)
    looked_at = f"""
        SELECT a.*, {order.expression} AS sort_value FROM agent a
        WHERE a.status = 'PUBLISHED' AND {begin}
        ORDER BY {order.order(page)} LIMIT {LOOKED_AT}
    """  # noqa: S608 - own fragments
    # OFFSET 0: conditions are tested row after row until the page is full.
    return f"""
        SELECT {columns}, a.sort_value FROM ({looked_at} OFFSET 0) a
            LEFT JOIN creator c ON c.id = a.creator
        WHERE {conditions} ORDER BY a.sort_value {by}, a.id {by} LIMIT {page.size + 1}
    """  # noqa: S608 - own fragments


def of_all_matches(
    conditions: str, order: Keyset, begin: str, page: PageRequest, columns: str
) -> str:
    """SQL: the same out of every match."""
    by = _direction(order, page)
    # MATERIALIZED: with LIMIT, PostgreSQL would walk the order's index until the page is full.
    matches = every_match(f"{conditions} AND {begin}", f"a.id, {order.expression} AS sort_value")
    return f"""
        WITH match AS MATERIALIZED ({matches}),
        listed AS (SELECT * FROM match ORDER BY sort_value {by}, id {by} LIMIT {page.size + 1})
        SELECT {columns}, listed.sort_value FROM listed JOIN {AGENT_SOURCE} ON a.id = listed.id
        ORDER BY listed.sort_value {by}, listed.id {by}
    """  # noqa: S608 - own fragments


def _direction(order: Keyset, page: PageRequest) -> str:
    return "DESC" if order.descending is not page.backwards else "ASC"
