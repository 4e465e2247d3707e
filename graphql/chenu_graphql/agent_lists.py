"""Lists of agents: the store with its search, filters and facets, and each creator's list."""

from functools import partial
from typing import Annotated

import strawberry

from chenu.agents.facets import Facets, count_facets
from chenu.agents.model import AgentKind, PriceType
from chenu.agents.queries import QueuedAgent
from chenu.agents.rows import AgentRow
from chenu.agents.search import AgentHit, count_agents, list_agents, list_shown, shown_key
from chenu.agents.search_query import REVERSED_PRICES, AgentQuery, AgentSort
from chenu.agents.search_query import AgentFilter as Filter
from chenu.core.errors import BadInput
from chenu.core.i18n import LOCALES, is_locale, mark
from chenu.core.paging import Key, ListCursors
from chenu.core.staleness import ReadKind
from chenu.tiers.catalogue import AgentLevel
from chenu.tiers.spheres import SPHERES, find_sphere
from chenu_graphql.agent_columns import Shown, find_shown
from chenu_graphql.connection import (
    After,
    Before,
    ConnectionSource,
    First,
    Last,
    PageArguments,
    read_page,
)
from chenu_graphql.context import Context, Info
from chenu_graphql.fields import Weight, argument, field, input_field
from chenu_graphql.permissions import PARENT
from chenu_graphql.scalars import BigInt

MAX_VALUES = 100
MAX_RATING = 5


@strawberry.type(description="One option of a filter.")
class FacetCount:
    value: str = field("The option, as the filter takes it.", PARENT)
    count: int = field("Exact up to 1,000; 1,001 means more.", PARENT)


_FORTY = Weight(size=40, points=0)
_FEW = Weight(size=10, points=0)


@strawberry.type(
    description=(
        "How many agents each option would show, with the other filters as they are. Empty for "
        "lists that have no filter."
    )
)
class AgentFacets:
    capabilities: list[FacetCount] = field("The 40 most frequent.", PARENT, weight=_FORTY)
    spheres: list[FacetCount] = field("By code.", PARENT, weight=_FEW)
    levels: list[FacetCount] = field("L0 to L3.", PARENT, weight=_FEW)
    price_types: list[FacetCount] = field("By type of price.", PARENT, weight=_FEW)


async def resolve_facets(root: strawberry.Parent[ConnectionSource[AgentRow]]) -> Facets:
    return Facets() if root.facets is None else await root.facets()


@strawberry.input(description="Within a list any value fits, between fields all must.")
class AgentFilter:
    kinds: list[AgentKind] | None = input_field("Where they come from.")
    levels: list[AgentLevel] | None = input_field("How far they act by themselves.")
    spheres: list[str] | None = input_field("By code.")
    capabilities: list[str] | None = input_field("Search words, in lower case.")
    price_types: list[PriceType] | None = input_field("How they are paid for.")
    min_price_minor: BigInt | None = input_field("In cents.")
    max_price_minor: BigInt | None = input_field("In cents.")
    min_rating: float | None = input_field("0 to 5.")
    creator: str | None = input_field("A creator's handle.")
    language: str | None = input_field("'fr' or 'en'.")


def read_filter(sent: AgentFilter | None) -> Filter:
    """A new one each time: it has what the site shows. Raises BadInput that names the field."""
    if sent is None:
        return Filter()
    _check(sent)
    filters = Filter(
        kinds=sent.kinds or (),
        levels=sent.levels or (),
        spheres=sent.spheres or (),
        capabilities=sent.capabilities or (),
        price_types=sent.price_types or (),
        min_price=sent.min_price_minor,
        max_price=sent.max_price_minor,
        min_rating=sent.min_rating,
        creator=sent.creator,
        language=sent.language,
    )
    if filters.has_reversed_prices:
        raise BadInput(REVERSED_PRICES, path=("filter", "min_price_minor"))
    return filters


def _check(sent: AgentFilter) -> None:
    for name in ("kinds", "levels", "spheres", "capabilities", "price_types"):
        if len(getattr(sent, name) or ()) > MAX_VALUES:
            raise BadInput("At most {count} values", path=("filter", name), count=MAX_VALUES)
    for code in sent.spheres or ():
        _check_sphere(code)
    if sent.min_rating is not None and not 0 <= sent.min_rating <= MAX_RATING:
        message = mark("A rating is between 0 and {count}")
        raise BadInput(message, path=("filter", "min_rating"), count=MAX_RATING)
    if sent.language is not None and not is_locale(sent.language):
        message = mark("The language is one of {allowed}")
        raise BadInput(message, path=("filter", "language"), allowed=", ".join(LOCALES))


def _check_sphere(code: str) -> None:
    if find_sphere(code) is None:
        allowed = ", ".join(sphere.code for sphere in SPHERES)
        message = mark("The sphere is one of {allowed}")
        raise BadInput(message, path=("filter", "spheres"), allowed=allowed)


Search = Annotated[str | None, argument("Words in French or English; typos are forgiven.")]
FilterArgument = Annotated[AgentFilter | None, argument("Which agents to leave in.", name="filter")]
Sort = Annotated[AgentSort | None, argument("RELEVANCE without a search is POPULAR.")]


async def resolve_agents(
    info: Info,
    search: Search = None,
    agent_filter: FilterArgument = None,
    sort: Sort = AgentSort.RELEVANCE,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> ConnectionSource[AgentHit]:
    """The store's list is the same for every caller."""
    query = AgentQuery(search or "", read_filter(agent_filter), sort or AgentSort.RELEVANCE)
    ctx = info.context
    cursors = ctx.cursors.of_list("store", lambda: query.identity)
    sent = PageArguments(first, after, last, before)
    return await load_agent_page(ctx, cursors, query, sent, find_shown(info))


async def load_agent_page(
    ctx: Context,
    cursors: ListCursors,
    query: AgentQuery,
    sent: PageArguments,
    shown: Shown | None,
) -> ConnectionSource[AgentHit]:
    """Of agents on sale; of nothing but the columns that a compiled query shows, where it does."""
    page = read_page(cursors, sent)
    if shown is None:
        hits = await ctx.read_stale(ReadKind.API, list_agents, query, page)
    else:
        hits = await ctx.read_stale(ReadKind.API, list_shown, query, page, shown.names, ctx.locale)
    return ConnectionSource(
        cursors=cursors,
        page=hits,
        key=_hit_key if shown is None else shown_key,
        count=partial(ctx.read_stale, ReadKind.API, count_agents, query),
        facets=partial(ctx.read_stale, ReadKind.API, count_facets, query),
        shown=shown,
    )


def _hit_key(hit: AgentHit) -> Key:
    return hit.key


def queue_key(agent: QueuedAgent) -> Key:
    """The moderation queue is ordered by the time of submission."""
    return (agent.queued_at.isoformat(), str(agent.id))
