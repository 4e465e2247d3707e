"""Browsing: the list with its search and filters, one agent, and one creator."""

import asyncio
from typing import Any

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.accounts.audit import StaffRead, record_staff_reads
from chenu.accounts.replica_reads import replica_reads, visitor_reads
from chenu.accounts.request_context import FOR_EVERYBODY
from chenu.agents.consent import consent_text
from chenu.agents.facets import Facets
from chenu.agents.permission_changes import list_changes_between
from chenu.agents.queries import (
    ViewerRole,
    find_agent_by_slug,
    find_creator_by_handle,
    find_viewer_role,
)
from chenu.agents.rows import AgentRow
from chenu.agents.run_summaries import find_run_summary
from chenu.agents.search import CardHit, count_agents, list_cards
from chenu.agents.search_query import AgentFilter, AgentQuery, AgentSort
from chenu.agents.version_heads import list_version_heads, list_version_heads_by_id
from chenu.agents.views import count_view
from chenu.core.errors import NotFound
from chenu.core.ids import new_id
from chenu.core.paging import Key, PageRequest
from chenu.core.paging import Page as Found
from chenu.flows.services import Services
from storefront.access import PUBLIC
from storefront.agent_markdown import write_markdown
from storefront.agent_parts import OVERVIEW, PARTS, VERSIONS
from storefront.facet_groups import build_facets
from storefront.forms import FormView, HttpRequest, field_errors, read_query
from storefront.offer import make_offer
from storefront.page_views import is_view
from storefront.pages import Page, Pages
from storefront.paging import Pager
from storefront.review_view import LATEST_REVIEWS, show_reviews
from storefront.run_form import find_run_view
from storefront.search_form import Search, read_search
from storefront.structured_data import describe_agent

PATH = "/agents"
PAGE_SIZE = 24
MARKDOWN = ".md"


@get(PATH, opt=PUBLIC)
async def browse(
    request: HttpRequest, pages: NamedDependency[Pages], services: NamedDependency[Services]
) -> Page:
    query = read_query(request)
    search = read_search(query)
    cursors = pages.cursors.of_list("store", search.query.identity)
    pager = Pager(cursors, search.url(), PAGE_SIZE)
    page_request = pager.read(query)
    async with replica_reads(pages.request_context.actor, services.recent_writes):
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
    values = {name: search.fields.text(name) for name in ("q", "min", "max", "rising", "sort")}
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
    request: HttpRequest,
    pages: NamedDependency[Pages],
    services: NamedDependency[Services],
    slug: FromPath[str],
) -> Page:
    with visitor_reads(pages.request_context.actor):
        if slug.endswith(MARKDOWN):
            return await _send_markdown(pages, slug.removesuffix(MARKDOWN))
        agent = await get_shown_agent(pages, slug)
        page = await render_agent(pages, agent, run_id=read_query(request).text("run"))
    if is_view(request, pages.request_context, agent):
        await count_view(services.tallies, agent.id)
    return page


async def _send_markdown(pages: Pages, slug: str) -> Page:
    """The same page for programs that read text."""
    agent = await get_shown_agent(pages, slug)
    versions = await list_version_heads([agent.id], all_states=False)
    body = write_markdown(agent, versions, _address_of(pages, agent), pages.locale)
    return pages.send_text(body, "text/markdown")


def _address_of(pages: Pages, agent: AgentRow) -> str:
    return f"{pages.origin}/agents/{agent.slug}"


@get("/agents/{slug:str}/versions", opt=PUBLIC)
async def show_versions(pages: NamedDependency[Pages], slug: FromPath[str]) -> Page:
    with visitor_reads(pages.request_context.actor):
        agent = await get_shown_agent(pages, slug)
        versions = await list_version_heads([agent.id], all_states=False)
        changes = await list_changes_between([head.id for head in versions])
        context = await head_of(pages, agent, VERSIONS)
    return pages.show("agents/versions.html", versions=versions, changes=changes, **context)


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
    view = await find_run_view(pages.request_context.actor, agent, run_id, run_form)
    context = await head_of(pages, agent, OVERVIEW, form)
    reviews = await show_reviews(agent, PageRequest(LATEST_REVIEWS))
    return pages.show("agents/page.html", status, view=view, reviews=reviews, **context)


async def head_of(
    pages: Pages, agent: AgentRow, part: str, form: FormView | None = None
) -> dict[str, Any]:
    """What every part of an agent's page begins with."""
    text, summary = agent.text(pages.locale), await find_run_summary(agent.id)
    current = agent.current_version
    heads = await list_version_heads_by_id([current]) if current else []
    return {
        "agent": agent,
        "text": text,
        "part": part,
        "parts": PARTS,
        "version": heads[0] if heads else None,
        "offer": await make_offer(pages.request_context.actor, agent),
        "accounts": summary.accounts if summary else 0,
        "figures": summary if summary and summary.has_figures else None,
        "structured_data": describe_agent(agent, text, pages.origin, pages.locale),
        "consent": consent_text(pages.locale),
        "idempotency_key": new_id().hex,
        "form": form or FormView("buy"),
    }


@get("/creators/{handle:str}", opt=PUBLIC)
async def show_creator(
    request: HttpRequest,
    pages: NamedDependency[Pages],
    services: NamedDependency[Services],
    handle: FromPath[str],
) -> Page:
    creator = await find_creator_by_handle(handle)
    if creator is None:
        raise NotFound("There is no such creator")
    cursors = pages.cursors.of_list("creator", creator.id)
    pager = Pager(cursors, f"/creators/{creator.handle}", PAGE_SIZE)
    agent_query = AgentQuery(filter=AgentFilter(creator=creator.handle), sort=AgentSort.NEWEST)
    async with replica_reads(pages.request_context.actor, services.recent_writes):
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
