"""How many agents each option of a filter would show, with the other filters as they are."""

from dataclasses import replace

import msgspec

from chenu.agents import search
from chenu.agents.search import COUNT_UP_TO
from chenu.agents.search_wish import AgentFilter, AgentWish
from chenu.core import db

_MOST_CAPABILITIES = 40


class FacetCount(msgspec.Struct, frozen=True):
    """`count` is exact up to 1,000; 1,001 means more."""

    value: str
    count: int


class Facets(msgspec.Struct, frozen=True):
    capabilities: tuple[FacetCount, ...]
    spheres: tuple[FacetCount, ...]
    levels: tuple[FacetCount, ...]
    price_types: tuple[FacetCount, ...]


async def count_facets(wish: AgentWish) -> Facets:
    """Each dimension without its own filter: what a click on another option would give."""
    chosen = wish.filter
    return Facets(
        capabilities=await _count(wish, replace(chosen, capabilities=()), "unnest(a.capabilities)"),
        spheres=await _count(wish, replace(chosen, spheres=()), "a.sphere"),
        levels=await _count(wish, replace(chosen, levels=()), "a.level"),
        price_types=await _count(wish, replace(chosen, price_types=()), "a.price_type"),
    )


async def _count(wish: AgentWish, wanted: AgentFilter, dimension: str) -> tuple[FacetCount, ...]:
    source, args = await search.matching(replace(wish, filter=wanted), dimension)
    sql = f"""
        SELECT value, least(count(*), {COUNT_UP_TO + 1})::int AS count FROM ({source}) AS matches
        WHERE value IS NOT NULL GROUP BY value ORDER BY count(*) DESC, value
        LIMIT {_MOST_CAPABILITIES}
    """  # noqa: S608 - own fragments, values are arguments
    return tuple(await db.fetch_all(FacetCount, sql, *args))
