"""The API part of an agent's page: programs that show and run this very agent."""

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.accounts.actor import ActorKind
from chenu.core.global_id import encode_id
from chenu.flows.executions.page_runs import list_run_offers
from chenu.tiers.catalogue import Feature
from chenu.tiers.entitlements import find_refusal
from storefront.access import PUBLIC
from storefront.agent_parts import API
from storefront.code_examples import write_examples
from storefront.pages import Page, Pages
from storefront.routes.store import get_shown_agent, head_of


@get("/agents/{slug:str}/api", opt=PUBLIC)
async def show_api(pages: NamedDependency[Pages], slug: FromPath[str]) -> Page:
    """Complete but for the visitor's key, which no page shows a second time."""
    agent = await get_shown_agent(pages, slug)
    offers = await list_run_offers([agent], {agent.id: agent.current_version})
    run = offers[agent.id]
    base_url, agent_id = pages.origin, encode_id("Agent", agent.id)
    actor = pages.request_context.actor
    is_known = actor.kind is ActorKind.SESSION
    return pages.show(
        "agents/api.html",
        agent_id=agent_id,
        typical=run.typical,
        show_program=write_examples("show-agent", base_url, slug=agent.slug),
        run_program=write_examples(
            "run-agent",
            base_url,
            agent_id=agent_id,
            max_tokens=str(run.proposed),
            tokens_used=str(run.typical),
        ),
        keys_refusal=find_refusal(actor.entitlements, Feature.API_ACCESS) if is_known else None,
        **await head_of(pages, agent, API),
    )
