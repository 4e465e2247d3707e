"""The first page: what this is, a search, and a few agents to begin with."""

import asyncio

from litestar import get
from litestar.di import NamedDependency

from chenu.agents.facets import count_facets
from chenu.agents.model import AgentKind
from chenu.agents.search import AgentFilter, AgentSort, AgentWish, count_agents, list_agents
from chenu.core.paging import PageWish
from storefront.access import PUBLIC
from storefront.pages import Page, Pages

_SHELF = 6


@get("/", opt=PUBLIC)
async def show_home(pages: NamedDependency[Pages]) -> Page:
    made_by_creators = AgentFilter(kinds=(AgentKind.MARKETPLACE,))
    popular, newest, facets, total = await asyncio.gather(
        list_agents(AgentWish(sort=AgentSort.POPULAR), PageWish(_SHELF)),
        list_agents(AgentWish(filter=made_by_creators, sort=AgentSort.NEWEST), PageWish(_SHELF)),
        count_facets(AgentWish()),
        count_agents(AgentWish()),
    )
    return pages.show(
        "home/page.html",
        popular=popular.rows,
        newest=newest.rows,
        spheres={count.value: count.count for count in facets.spheres},
        total=total,
    )
