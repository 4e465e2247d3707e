"""Running an agent once from its page or from the library: what a run takes, and what is left."""

from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.accounts.roles import Right
from chenu.agents.executions import ExecutionRow
from chenu.agents.rows import AgentRow
from chenu.core.errors import BrokenRequest, ChenuError, Invalid
from chenu.core.i18n import mark
from chenu.flows.executions.page_runs import find_run_offer, run_once
from chenu.flows.executions.requests import MOST_TOKENS, AuthorizeInput
from chenu.flows.services import Services
from storefront.access import for_right
from storefront.forms import REFUSALS, Fields, FormView, HttpRequest, keep, read_form
from storefront.pages import Page, Pages
from storefront.routes.store import get_shown_agent, render_agent
from storefront.run_form import RunView, find_balance, form_name


@post("/agents/{slug:str}/try", opt=for_right(Right.USE_AGENTS))
async def run_agent(
    request: HttpRequest,
    pages: NamedDependency[Pages],
    services: NamedDependency[Services],
    slug: FromPath[str],
) -> Page:
    """With htmx only the form changes, and the balance follows by the live channel."""
    agent = await get_shown_agent(pages, slug)
    fields = await read_form(request)
    try:
        data = AuthorizeInput(agent.id, _read_tokens(fields))
        key = fields.text("idempotency_key")
        run = await run_once(services, pages.request_context.actor, data, key)
    except (*REFUSALS, BrokenRequest) as refusal:
        return await _show_refusal(pages, agent, fields, refusal)
    if pages.is_fragment:
        return await _show_form(pages, agent, FormView(form_name(agent.id)), run)
    return pages.go(f"/agents/{agent.slug}?run={run.id}#{form_name(agent.id)}")


def _read_tokens(fields: Fields) -> int:
    text = fields.text("max_tokens").strip()
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(MOST_TOKENS))):
        message = mark("A run may use from 1 to {highest} tokens")
        raise Invalid(message, path=("max_tokens",), highest=MOST_TOKENS)
    return int(text)


async def _show_refusal(pages: Pages, agent: AgentRow, fields: Fields, refusal: ChenuError) -> Page:
    form = pages.refused(form_name(agent.id), keep(fields, ["max_tokens"]), refusal)
    if pages.is_fragment:
        return await _show_form(pages, agent, form, None)
    return await render_agent(pages, agent, run_form=form, status=pages.status(refusal))


async def _show_form(
    pages: Pages, agent: AgentRow, form: FormView, run: ExecutionRow | None
) -> Page:
    actor = pages.request_context.actor
    offer = await find_run_offer(actor, agent)
    balance = await find_balance(actor) if run else None
    template = "agents/_ran.html" if run else "agents/_try.html"
    return pages.show(template, agent=agent, view=RunView(form, offer, run, balance))
