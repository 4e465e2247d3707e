"""The agents that an account has added or bought, and their status."""

from litestar import get
from litestar.di import NamedDependency

from chenu.agents.access import GrantRow, list_library
from chenu.agents.queries import list_agents_by_id
from chenu.core.clock import business_now
from chenu.core.paging import Key
from storefront.access import SIGNED_IN
from storefront.forms import HttpRequest, read_query
from storefront.pages import Page, Pages
from storefront.paging import Pager
from storefront.visitor import account_of

PAGE_SIZE = 24


@get("/library", opt=SIGNED_IN)
async def show_library(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    account_id = account_of(pages.request_context.actor)
    pager = Pager(pages.cursors.of_list("library", account_id), "/library", PAGE_SIZE)
    grants = await list_library(account_id, pager.read(read_query(request)))
    agents = await list_agents_by_id([grant.agent_id for grant in grants.rows])
    return pages.show(
        "library/page.html",
        grants=grants.rows,
        agents={agent.id: agent for agent in agents},
        now=business_now(),
        links=pager.links(grants, _key),
    )


def _key(grant: GrantRow) -> Key:
    return (str(grant.id), str(grant.id))
