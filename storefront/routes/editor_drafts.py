"""A draft that begins with a name, and its page as buyers will see it."""

from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.accounts.roles import Right
from chenu.agents.model import AgentId
from chenu.agents.queries import find_change, get_own_agent
from chenu.agents.run_summaries import find_run_summary
from chenu.agents.version_heads import list_version_heads_by_id
from chenu.core.paging import PageRequest
from chenu.flows.creators.begin_agent import begin_agent
from chenu.tiers.catalogue import AgentLevel
from storefront.access import SIGNED_IN, for_right
from storefront.agent_form import blank_values
from storefront.agent_parts import OVERVIEW, PARTS
from storefront.forms import REFUSALS, FormView, HttpRequest, keep, read_form
from storefront.offer import preview_offer
from storefront.pages import Page, Pages
from storefront.review_view import LATEST_REVIEWS, show_reviews
from storefront.routes.creator_agents import render_new
from storefront.routes.editor_page import with_change
from storefront.run_form import RunView

_FIELDS = ("name", "level")


@post("/creator/agents/begin", opt=for_right(Right.MAKE_AGENTS))
async def begin(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    fields = await read_form(request)
    try:
        level = fields.read_choice("level", AgentLevel)
        actor = pages.request_context.actor
        agent_id = await begin_agent(actor, fields.text("name"), level, pages.locale)
    except REFUSALS as error:
        begun = pages.refused("begin", keep(fields, _FIELDS), error)
        blank = FormView("new", blank_values(pages.locale))
        return render_new(pages, blank, begun=begun, status=pages.status(error))
    return pages.go(f"/creator/agents/{agent_id}?notice=draft")


@get("/creator/agents/{agent_id:uuid}/preview", opt=SIGNED_IN)
async def show_preview(pages: NamedDependency[Pages], agent_id: FromPath[UUID]) -> Page:
    """With the change that waits for a reviewer."""
    stored = await get_own_agent(pages.request_context.actor, AgentId(agent_id))
    change = await find_change(stored.id)
    agent = with_change(stored, change)
    version_id = change.version_id if change and change.version_id else agent.current_version
    heads = await list_version_heads_by_id([version_id]) if version_id else []
    summary = await find_run_summary(agent.id)
    form = FormView("buy")
    return pages.show(
        "agents/page.html",
        agent=agent,
        text=agent.text(pages.locale),
        part=OVERVIEW,
        parts=PARTS,
        version=heads[0] if heads else None,
        offer=preview_offer(agent),
        accounts=summary.accounts if summary else 0,
        figures=None,
        view=RunView(form, None),
        reviews=await show_reviews(stored, PageRequest(LATEST_REVIEWS)),
        form=form,
    )
