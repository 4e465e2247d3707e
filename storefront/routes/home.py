"""The home page: an introduction, a search, and some agents."""

import asyncio

from litestar import get
from litestar.di import NamedDependency

from chenu.accounts.replica_reads import replica_reads
from chenu.agents.featured import list_featured_cards, list_rising_cards
from chenu.agents.model import AgentKind
from chenu.agents.search import list_cards
from chenu.agents.search_query import AgentFilter, AgentQuery, AgentSort
from chenu.core.paging import PageRequest
from chenu.flows.services import Services
from chenu.tiers.catalogue import Feature, cheapest_tier_with
from storefront.access import PUBLIC
from storefront.pages import Page, Pages

_SHELF = PageRequest(6)


@get("/", opt=PUBLIC)
async def show_home(pages: NamedDependency[Pages], services: NamedDependency[Services]) -> Page:
    made_by_creators = AgentFilter(kinds=(AgentKind.MARKETPLACE,))
    newest_query = AgentQuery(filter=made_by_creators, sort=AgentSort.NEWEST)
    async with replica_reads(pages.request_context.actor, services.recent_writes):
        featured, rising, popular, newest, facets = await asyncio.gather(
            list_featured_cards(pages.locale),
            list_rising_cards(pages.locale),
            list_cards(AgentQuery(sort=AgentSort.POPULAR), _SHELF, pages.locale),
            list_cards(newest_query, _SHELF, pages.locale),
            pages.counts.of_search(AgentQuery()),
        )
    return pages.show(
        "home/page.html",
        featured=featured,
        rising=rising,
        popular=tuple(hit.card for hit in popular.rows),
        newest=tuple(hit.card for hit in newest.rows),
        spheres={count.value: count.count for count in facets.spheres},
        total=facets.total,
        selling_plan=cheapest_tier_with(Feature.MARKETPLACE),
    )
