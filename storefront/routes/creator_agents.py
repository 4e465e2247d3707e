"""A creator's pages for one agent: draft, edit, version, price, review and archive."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.accounts.roles import Right
from chenu.agents.creators import get_own_creator
from chenu.agents.listing import MAX_DESCRIPTION, ListingFields
from chenu.agents.manifest import parse_manifest
from chenu.agents.markdown import render_markdown
from chenu.agents.model import AgentId
from chenu.agents.queries import find_creator_of, get_own_agent
from chenu.agents.rows import AgentRow
from chenu.core.errors import ChenuError
from chenu.flows.creators.begin_agent import save_what_is_good
from chenu.flows.creators.edit_agent import create_agent, create_version, update_agent
from chenu.flows.creators.review_agent import archive_agent, submit_agent
from storefront.access import SIGNED_IN, for_right
from storefront.agent_form import (
    EVERYTHING,
    LISTING,
    PRICE,
    VERSION,
    blank_values,
    read_agent,
    read_draft,
    read_listing,
    read_price,
)
from storefront.forms import REFUSALS, Fields, FormView, HttpRequest, keep, read_form
from storefront.pages import Page, Pages
from storefront.routes.editor_page import EditorForms, find_plan_refusal, render_editor

Work = Callable[[], Awaitable[object]]


@get("/creator/agents/new", opt=SIGNED_IN)
async def show_new(pages: NamedDependency[Pages]) -> Page:
    if await find_creator_of(pages.request_context.actor.require_user()) is None:
        return pages.go("/creator/join")
    return render_new(pages, FormView("new", blank_values(pages.locale)))


def render_new(
    pages: Pages,
    form: FormView,
    *,
    begun: FormView | None = None,
    status: int = 200,
    preview: str | None = None,
) -> Page:
    refusal = find_plan_refusal(pages.request_context.actor)
    return pages.show(
        "creator/new_agent.html",
        status,
        form=form,
        begun=begun or FormView("begin"),
        preview=preview,
        refusal=refusal,
    )


def _preview(fields: Fields) -> str:
    """The description as buyers would see it, cut at the greatest length that can be saved."""
    return render_markdown(fields.text("description")[:MAX_DESCRIPTION])


@post("/creator/agents/new", opt=for_right(Right.MAKE_AGENTS))
async def save_new(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    """Saves the draft, or only shows the description as buyers will see it."""
    fields = await read_form(request)
    values = keep(fields, EVERYTHING)
    if fields.text("intent") == "preview":
        return render_new(pages, FormView("new", values), preview=_preview(fields))
    try:
        agent_id = await create_agent(pages.request_context.actor, read_agent(fields))
    except REFUSALS as error:
        form = pages.refused("new", values, error)
        return render_new(pages, form, status=pages.status(error))
    return pages.go(f"/creator/agents/{agent_id}?notice=draft")


@post("/creator/agents/preview", opt=for_right(Right.MAKE_AGENTS))
async def preview_description(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    """Renders the description while it is typed."""
    fields = await read_form(request)
    await get_own_creator(pages.request_context.actor)
    return pages.show("creator/_preview.html", preview=_preview(fields))


@get("/creator/agents/{agent_id:uuid}", opt=SIGNED_IN)
async def show_agent(pages: NamedDependency[Pages], agent_id: FromPath[UUID]) -> Page:
    return await render_editor(pages, await _get_agent(pages, agent_id), EditorForms())


async def _get_agent(pages: Pages, agent_id: UUID) -> AgentRow:
    return await get_own_agent(pages.request_context.actor, AgentId(agent_id))


@post("/creator/agents/{agent_id:uuid}", opt=for_right(Right.MAKE_AGENTS))
async def save_listing(
    request: HttpRequest, pages: NamedDependency[Pages], agent_id: FromPath[UUID]
) -> Page:
    agent = await _get_agent(pages, agent_id)
    fields = await read_form(request)
    if fields.text("intent") == "preview":
        form = FormView("listing", keep(fields, LISTING))
        return await render_editor(
            pages, agent, EditorForms(listing=form), preview=_preview(fields)
        )

    async def save() -> None:
        actor = pages.request_context.actor
        if agent.published_at is None:
            await save_what_is_good(actor, agent.id, *read_draft(fields))
        else:
            await update_agent(actor, agent.id, read_listing(fields), None)

    notice = "draft" if agent.published_at is None else "change"
    return await _work(pages, agent, fields, "listing", LISTING, save, notice)


async def _work(
    pages: Pages,
    agent: AgentRow,
    fields: Fields,
    form: str,
    names: tuple[str, ...],
    save: Work,
    notice: str,
) -> Page:
    """Runs the action, then redirects with a notice or shows the page again with the error."""
    try:
        await save()
    except REFUSALS as error:
        return await _refuse(pages, agent, form, keep(fields, names), error)
    return pages.go(f"/creator/agents/{agent.id}?notice={notice}")


async def _refuse(
    pages: Pages, agent: AgentRow, form: str, values: dict[str, str], error: ChenuError
) -> Page:
    forms = EditorForms(**{form: pages.refused(form, values, error)})
    return await render_editor(pages, agent, forms, status=pages.status(error))


@post("/creator/agents/{agent_id:uuid}/price", opt=for_right(Right.MAKE_AGENTS))
async def save_price(
    request: HttpRequest, pages: NamedDependency[Pages], agent_id: FromPath[UUID]
) -> Page:
    agent = await _get_agent(pages, agent_id)
    fields = await read_form(request)

    async def save() -> None:
        await update_agent(
            pages.request_context.actor, agent.id, ListingFields(), read_price(fields)
        )

    return await _work(pages, agent, fields, "price", PRICE, save, "price")


@post("/creator/agents/{agent_id:uuid}/version", opt=for_right(Right.MAKE_AGENTS))
async def save_version(
    request: HttpRequest, pages: NamedDependency[Pages], agent_id: FromPath[UUID]
) -> Page:
    agent = await _get_agent(pages, agent_id)
    fields = await read_form(request)

    async def save() -> None:
        manifest = parse_manifest(fields.text("manifest"))
        number, changelog = fields.text("number").strip(), fields.text("changelog")
        await create_version(pages.request_context.actor, agent.id, number, changelog, manifest)

    return await _work(pages, agent, fields, "version", VERSION, save, "version")


@post("/creator/agents/{agent_id:uuid}/submit", opt=for_right(Right.MAKE_AGENTS))
async def submit(pages: NamedDependency[Pages], agent_id: FromPath[UUID]) -> Page:
    agent = await _get_agent(pages, agent_id)

    async def save() -> None:
        await submit_agent(pages.request_context.actor, agent.id)

    return await _work(pages, agent, Fields({}), "state", (), save, "submitted")


@post("/creator/agents/{agent_id:uuid}/archive", opt=for_right(Right.MAKE_AGENTS))
async def archive(pages: NamedDependency[Pages], agent_id: FromPath[UUID]) -> Page:
    agent = await _get_agent(pages, agent_id)

    async def save() -> None:
        await archive_agent(pages.request_context.actor, agent.id)

    return await _work(pages, agent, Fields({}), "state", (), save, "archived")
