"""Browsing: the list with its search and filters, one agent, and one creator."""

import asyncio

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.accounts.audit import StaffRead, record_staff_reads
from chenu.accounts.request_context import FOR_EVERYBODY
from chenu.agents.consent import consent_text
from chenu.agents.facets import Facets
from chenu.agents.queries import (
    ViewerRole,
    find_agent_by_slug,
    find_creator_by_handle,
    find_viewer_role,
    list_versions,
    list_versions_by_id,
)
from chenu.agents.rows import AgentRow
from chenu.agents.run_summaries import find_figures
from chenu.agents.search import CardHit, count_agents, list_cards
from chenu.agents.search_query import AgentFilter, AgentQuery, AgentSort
from chenu.core.errors import NotFound
from chenu.core.ids import new_id
from chenu.core.paging import Key, PageRequest
from chenu.core.paging import Page as Found
from storefront.access import PUBLIC
from storefront.facet_groups import build_facets
from storefront.forms import FormView, HttpRequest, field_errors, read_query
from storefront.offer import make_offer
from storefront.pages import Page, Pages
from storefront.paging import Pager
from storefront.review_view import show_reviews
from storefront.run_form import find_run_view
from storefront.search_form import Search, read_search

PATH = "/agents"
PAGE_SIZE = 24
LATEST_REVIEWS = 3


@get(PATH, opt=PUBLIC)
async def browse(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    query = read_query(request)
    search = read_search(query)
    cursors = pages.cursors.of_list("store", search.query.identity)
    pager = Pager(cursors, search.url(), PAGE_SIZE)
    page_request = pager.read(query)
    found, counts = await _find(search.query, page_request, pages)
    page = pages.show(
        "agents/_found.html" if pages.is_fragment else "agents/list.html",
        status=422 if search.errors and not pages.is_fragment else 200,
        search=search,
        form=_search_view(search, pages),
        agents=tuple(hit.card for hit in found.rows),
        total=counts.total,
        facets=build_facets(search, counts, pages.locale),
        links=pager.links(found, key_of_hit),
    )
    if pages.is_fragment:
        page.headers["HX-Replace-Url"] = search.url()
    request.scope["state"][FOR_EVERYBODY] = page.status_code == 200
    return page


def _search_view(search: Search, pages: Pages) -> FormView:
    values = {name: search.fields.text(name) for name in ("q", "min", "max", "sort")}
    errors = [error for each in search.errors for error in field_errors(each, pages.locale)]
    return FormView("search", values, errors)


async def _find(
    agent_query: AgentQuery, page: PageRequest, pages: Pages
) -> tuple[Found[CardHit], Facets]:
    """Uses the cached count if there is one, as most visitors search for the same."""
    known = pages.counts.find(agent_query)
    if known is not None:
        return await list_cards(agent_query, page, pages.locale), known
    return await asyncio.gather(
        list_cards(agent_query, page, pages.locale), pages.counts.of_search(agent_query)
    )


def key_of_hit(hit: CardHit) -> Key:
    return hit.key


@get("/agents/{slug:str}", opt=PUBLIC)
async def show_agent(
    request: HttpRequest, pages: NamedDependency[Pages], slug: FromPath[str]
) -> Page:
    run_id = read_query(request).text("run")
    return await render_agent(pages, await get_shown_agent(pages, slug), run_id=run_id)


async def get_shown_agent(pages: Pages, slug: str) -> AgentRow:
    """Raises NotFound, also for an agent that this visitor may not see."""
    agent = await find_agent_by_slug(slug)
    role = None if agent is None else await find_viewer_role(pages.request_context.actor, agent)
    if agent is None or role is None:
        raise NotFound("There is no such agent")
    if role is ViewerRole.STAFF:
        await record_staff_reads(pages.request_context.actor, [StaffRead("agent", agent.id)])
    return agent


async def render_agent(
    pages: Pages,
    agent: AgentRow,
    *,
    form: FormView | None = None,
    run_form: FormView | None = None,
    run_id: str = "",
    status: int = 200,
) -> Page:
    """The agent's page, with the errors of a refused purchase or run, or what came of a run."""
    actor = pages.request_context.actor
    versions = await list_versions([agent.id], all_states=False)
    current = await list_versions_by_id([agent.current_version]) if agent.current_version else []
    return pages.show(
        "agents/page.html",
        status,
        agent=agent,
        text=agent.text(pages.locale),
        versions=versions,
        version=current[0] if current else None,
        offer=await make_offer(actor, agent),
        figures=await find_figures(agent.id),
        reviews=await show_reviews(agent, PageRequest(LATEST_REVIEWS)),
        view=await find_run_view(actor, agent, run_id, run_form),
        consent=consent_text(pages.locale),
        idempotency_key=new_id().hex,
        form=form or FormView("buy"),
    )


@get("/creators/{handle:str}", opt=PUBLIC)
async def show_creator(
    request: HttpRequest, pages: NamedDependency[Pages], handle: FromPath[str]
) -> Page:
    creator = await find_creator_by_handle(handle)
    if creator is None:
        raise NotFound("There is no such creator")
    cursors = pages.cursors.of_list("creator", creator.id)
    pager = Pager(cursors, f"/creators/{creator.handle}", PAGE_SIZE)
    agent_query = AgentQuery(filter=AgentFilter(creator=creator.handle), sort=AgentSort.NEWEST)
    found, total = await asyncio.gather(
        list_cards(agent_query, pager.read(read_query(request)), pages.locale),
        count_agents(agent_query),
    )
    return pages.show(
        "creators/page.html",
        creator=creator,
        agents=tuple(hit.card for hit in found.rows),
        total=total,
        links=pager.links(found, key_of_hit),
    )
